"""Patterns that give talk about a film away, and those that a story may have. Pure.

Data: a language is some words in each.
"""

from __future__ import annotations

import re

__all__ = [
    "MAKER_SCRIPTS",
    "META",
    "NARRATIVE",
    "NO_FILM",
    "TONE",
    "TO_MAKER",
    "UNKNOWN_LABEL",
    "UNSPACED_TALK",
]

# A video game is no film.
NO_FILM = re.compile(
    r"\s*(?:games?|calls?|cameras?|stores?|shops?|editors?|doorbells?|projectors?|crews?|rolls?|"
    r"stars?|festivals?|clips)\b",
    re.IGNORECASE,
)
# Somebody who speaks to the maker of the film.
TO_MAKER = re.compile(
    r"(?:^|[\s,(])(?:(?:can|could|would|will)\s+(?:you|we|someone)|(?:i|we)\s+(?:need|"
    r"want)\s+(?:it|"
    r"this|that|the|an?)\b|"
    r"(?:i|we)(?:['’]d|\s+would)\s+(?:like|love)|please|pls|plz|bitte|s['’]il\s+(?:vous|te)\s+pla[iî]t|por\s+favor|per\s+favore|alsjeblieft|lütfen|proszę|"
    r"пожалуйста|kannst\s+du|könn(?:t|test|ten)\s+"
    r"(?:ihr|du|sie)|peux-tu|pouvez-vous|pourrai[st]|puedes|podéis|você\s+pode|puoi|kun\s+je|"
    r"make\s+(?:it|this|that|sure|the)|keep\s+(?:it|this|the)|(?:it|this|that)\s+(?:should|must)|"
    r"should\s+(?:be|feel|look|have|show|end|start|open|include)|(?:as|like)\s+(?:discussed|"
    r"agreed)|"
    r"(?:add|include|use|feature|mention|highlight|emphasi[sz]e|ensure)\s+(?:the|our|some|an?)\b|"
    r"budget|deadline|deliverables?|(?:the|our)\s+(?:viewer|audience|client|customer\s+should))",
    re.IGNORECASE,
)
# The work on a film: a piece with one of these stands on no screen.
META = re.compile(
    r"\bcamera\s+\w+s\b|\b(?:rim|key|fill|back)[\s-]?light(?:ing)?\b|\b\d+\s?(?:degrees|fps)\b|\d°|"
    r"\b(?:briefs?|briefing|shoot|lengths?|shots?|scenes?|frames?|audience|viewers|for\s+ages?\s+\d|"
    r"edits?|"
    r"versions?|drafts?|taglines?|slogans?|captions?|headlines?|icons?|lines?\s+of\s+text|"
    r"(?<!\bin\s)\d+[\s-](?:seconds?|sekunden?|secondes?|segundos?|secondi)|deliverables?|"
    r"storyboard|takes?\s+\d|secs?|sek|seg)\b|\b\d+\s?s\b|"
    r"^\s*(?:(?:slow|quick|fast|gentle|smooth)\s+)?(?:pan|tilt|dolly|truck|crane|push|pull|orbit|"
    r"zoom|track)\s+"
    r"(?:in|out|across|up|down|over|around|left|right|from|to|back|along|away|through)\b|"
    r"^\s*(?:we|i)\s+(?:want|need|would|['’]d)\b|--\w|"
    r"^\s*(?:start|begin|open|end)s?\s+(?:high|low|close|wide|far|tight|above|below|behind|inside|"
    r"outside|from\s+(?:above|below|behind|afar))\b|"
    r"^\s*(?:dive|fly|glide|sweep|swoop|rise|descend|follow|circle|crane|drift)\s+(?:down|up|over|"
    r"through|across|into|around|past|towards?|along|low|high|the|her|him|them)\b|"
    r"^\s*(?:seen|viewed|shot|filmed)\s+(?:from|through|in)\b|"
    r"^\s*(?:explain|demonstrate|portray|depict|illustrate|convey|feature|show|include)\b",
    re.IGNORECASE,
)
# Of scripts whose words are not parted, or bend: parts of words for the film.
MAKER_SCRIPTS = re.compile(
    r"動画|映像|ＣＭ|CM|BGM|音楽|曲|ナレーション|字幕|テロップ|縦型|横型|\d+秒|お願い|ください|"
    r"视频|視頻|广告|廣告|音乐|旁白|竖屏|横屏|画面|镜头|左右|请|要(?:可爱|简洁|温馨)|영상|광고|음악|자막|"
    r"내레이션|\d+초|주세요|부탁|فيديو|إعلان|موسيقى|تعليق\s+صوتي|видео|ролик|музык|субтитр|озвуч"
)
UNSPACED_TALK = re.compile(
    r"(?:シネマティック|リアル|アニメ|実写|ポップ|レトロ|ミニマル|おしゃれ|かわいい)(?:風|調|に|な感じ)?|"
    r"[、，\s]*(?:(?:\d+:\d+|縦長|横長|縦型|横型|正方形|縦|横|竖屏|横屏|竖版|横版|方形|正方|세로|가로|정사각형|約|约|で|の|を|は|に|"
    r"也|和|\d+\s*(?:秒|초)(?:間|钟|짜리)?(?:くらい|ほど|程度|左右|以内)?)[、，\s]*)+|"
    r"(?:整体)?(?:风格|風格|氛围|基调|语气|色调|画风)(?:要|是|为)?[\u4e00-\u9fff]{1,6}|"
    r"(?:雰囲気|トーン|スタイル|テイスト)(?:は)?[^、。]{1,10}|(?:분위기|톤)(?:는|은)?\s?\S{1,8}(?:하게)?|"
    r"[\u4e00-\u9fff]{1,6}(?:风格|風格|画风|色调|氛围)|"
    r"[\u3041-\u30ff\u4e00-\u9fff]{0,8}(?:曲|音楽|BGM|音乐)(?:で|を|付き)?|(?:要|请|希望)[\u4e00-\u9fff]{1,8}"
)
# `Tone reassuring but not boring`, `tono cercano`: a word for the tone, and a few that name it.
TONE = re.compile(
    r"(?:(?i:tone|mood|tono|ton|toon|estilo|stile|stil|style|ambiance|atmosfera|atmósfera|stimmung)|tom)\s+"
    r"(?:(?i:is|should\s+be|ist|es|é|soll)\s+)?[^\W\d_][\w-]*(?:,?\s+(?:(?:but|and|not|aber|und|nicht|mais|et|"
    r"pas|pero|y|no|mas|e|não|ma|non)\s+)*[\w-]+){0,3}|Tom\s+\w+(?:nte|al|iv[oa]|os[oa]|id[oa]|re|ve|ic[oa])"
)
UNKNOWN_LABEL = re.compile(r"\s*[A-ZÄÖÜ][\w'’/-]{1,24}:\s+(?=\S)(?![\"“„«])(?=[^\d%$€£]*$)")
NARRATIVE = re.compile(  # a word for film within a story: it has an article, or is a verb
    rf"\bto\s+(?:spot|film|clip|shoot)\b|\b(?:videos?|films?|spot|clip){NO_FILM.pattern}|"
    r"\b(?:the|an?|our|your|my|her|his|their|every|old|two)\s+(?:[\w-]+\s+)?(?:film|films|movie|"
    r"clip|reel|spot|"
    r"voices?|songs?|sounds?|music|beat|portrait|camera|script|story|mood|tone|format|square|"
    r"landscape|anime|noir|frame|frames|logo)\b",
    re.IGNORECASE,
)
