"""Words of talk about the film: tables by what they do. Data: a language is some words in each."""

from __future__ import annotations

import re

from lotus.planning import words

__all__ = [
    "ALONE",
    "ASKING",
    "FILMS",
    "FILM_NOUNS",
    "FILM_OBJECTS",
    "FOREIGN_SECONDS",
    "GENRES",
    "INSTRUMENTS",
    "LOOKS",
    "LOOK_PHRASES",
    "MAKER_VERBS",
    "MEASURES",
    "MUSICAL",
    "MUSIC_ONLY",
    "SCREEN_PHRASES",
    "SOUNDS",
    "TRACKS",
    "WEAK",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """The words of a table in small letters."""
    return words.word_set(text.casefold())


# Seconds, in languages whose other words of film are in `foreign`.
FOREIGN_SECONDS = (
    r"saniye\w*|sekund(?!en?\b)\w*|सेकंड\w*|सेकेंड\w*|सेकण्ड\w*|detik|giây|secunde|δευτερόλεπτ\w*|"
    r"δεύτερα|másodperc\w*|sekunti\w*|sekunnin|วินาที|שניות|ثانیه\w*|vteřin\w*|সেকেন্ড\w*"
)
# Lengths, shapes, resolutions: never anything to be seen.
_UNITS = (
    r"seconds?|secs?|sek|seg|s|minutes?|mins?|frames?|fps|sekund[ay]?|sekunden?|sekündig\w*|"
    r"minuten?|secondes?|"
    r"segundos?|minutos?|"
    r"secondi|minuti|seconden|секунд\w*|минут\w*|ثانية|ثوان|دقيقة|"
    rf"{FOREIGN_SECONDS}"
)
_COUNT = (
    r"\d+(?:[.,]\d+)?|(?:an?|une|eine|una?|uma)(?=\s+minut)|half\s+an?|one|two|five|six|eight|ten|twelve|fifteen|"
    r"twenty|thirty|forty|"
    r"forty-five|sixty|ninety|"
    r"zehn|fünfzehn|zwanzig|dreißig|quinze|vingt|trente|quince|veinte|treinta"
)
MEASURES = re.compile(
    rf"(?<![\w$€£])(?:{_COUNT})(?<=\d|[a-zß](?=[\s-]))(?:\s*(?:-|–|to|bis|"
    rf"à)\s*\d+)?[\s-]*(?:{_UNITS})(?![\w])|"
    r"\b\d\.\d{1,2}\s*:\s*1\b|\b\d{2,3}\s*bpm\b|"
    r"\b\d{1,2}\s*:\s*\d{1,2}\b(?!\s*(?:am|pm|uhr|h)\b)|"
    r"\b(?:16|9|4|5|3|1|21)\s*(?:x|×|by)\s*(?:16|9|4|5|3|1)\b|"
    r"\d+\s*秒(?:間|钟)?|\d+\s*초(?:짜리)?|\d+\s*分(?:钟|鐘)?(?!\w)|竖屏|横屏|縦型|横型|세로|가로|"
    r"\b(?:[48]k|uhd|(?:full\s+)?hd|\d{3,4}p|\d{3,4}\s*x\s*\d{3,4})\b|\b(?:tik\s?tok|instagram|"
    r"you\s?tube|facebook|linked\s?in|twitch|snapchat|pinterest|whatsapp)\b"
    r"(?:\s+(?:stor(?:y|ies)|reels?|shorts?|ads?|feed|posts?)\b)?",
    re.IGNORECASE,
)
# What people ask for.
FILM_NOUNS = word_set("""
    promofilm promoclip werbeclip imagevideo mini-doc minidoc doc docu documentary
    vlog intro lyric-video visualizer sizzle showcase version versions cutdown
    cutdowns loop b-roll videíto videozinho vídeozinho filmchen clipje slideshow gif
    boomerang vine storyboard pubblicità publicidad publicidade réclame werbung
    video videos vid vids film movie ad ads advert advertisement commercial spot
    clip reel reels trailer teaser promo explainer preroll pre-roll bumper montage
    animation tiktok werbevideo werbespot werbefilm erklärvideo kurzfilm imagefilm
    anzeige vidéo publicité pub court-métrage vídeo anuncio anúncio cortometraje
    filmato видео ролик реклама vídeos vidéos рекламу psa tvc demo tutorial
    testimonial walkthrough showreel recap videoclip clipe comercial filmpje reclame
    advertentie فيديو إعلان reklama
""")
# Other words for the film, its parts and its form.
_FORM = word_set("""
    inquadrature inquadratura
    schnitte schnitt carousel carrousel cortes coupes durée duración duração durata
    dauer länge duration runtime titelsequenz ending fps subtitled orientation
    ausrichtung orientación letterbox pillarbox loop loopable looping seamless quer
    portrait-format عمودي أفقي مربع framing composition camera insta paysage endcard
    films short shorts b-roll footage intro outro voiceover voice-over voice-overs
    narrator narration soundtrack storyboard screenplay script subtitles captions
    caption overlay overlays typography font fonts watermark watermarks aspect ratio
    format vertical horizontal portrait landscape widescreen square resolution
    hochformat querformat hochkant untertitel sprecher clips sous-titres carrée
    carré verticale cuadrado quadrado subtítulos legendas sottotitoli quadrato
    verticaal титры субтитры формат verticales vertically horizontally upright
    logotype supers hashtag hashtags staand liggend cuadrada quadrada orizzontale
    formato formaat logo logos packshot вертикальное вертикальный hochkantformat
""")
FILMS = FILM_NOUNS | _FORM
SOUNDS = word_set("""
    narração narración narrazione narratie locução locución sprecher sprecherin erzähler speaker
    diálogo diálogos dialoghi dialog dialoge dialogue dialogues off-stimme
    موسيقى موسيقي صوت talking speaking stimme stimmen locutor locutora voz voces
    voix voice voices voiceovers lautstärke music soundtrack soundtracks song songs
    audio beat beats sfx sound sounds jingle musik musique música musica muziek
    музыка музыкой музыки bgm soundscape foley tonspur bande-son sonido sonidos
    narrated
""")
# How it looks and feels: said of all pictures, and kept for the models.
LOOKS = word_set("""
    dof kodak portra arri alexa gimbal imax cinestill fujifilm super-8 super8 16mm 35mm
    8mm 70mm volumetric raytraced ray-traced cel-shaded low-poly isometric chiaroscuro
    flythrough fpv whip-pan split-screen fisheye telephoto 8-bit retro-futuristic ugc-style
    grain tones lens flare lens-flare bokeh vignette vignetting hdr lighting lit
    surreal dreamlike ethereal hyperdetailed symmetrical photographic painterly
    desaturated overexposed backlit tripod locked-off cinematic photorealistic
    photoreal hyperrealistic realistic slow-motion slow-mo slowmo timelapse
    time-lapse hyperlapse monochrome sepia grayscale greyscale handheld anamorphic
    stop-motion claymation anime pixar-style lo-fi vhs noir tone vibe vibes
    aesthetic mood style look feel palette grading close-ups close-up wide-angle
    steadicam dolly kinematisch filmisch zeitlupe zeitraffer schwarzweiß
    schwarz-weiß stil ton stimmung ralenti cinématographique ambiance
    cinematográfico cámara tono estilo moody atmospheric dreamy slomo slo-mo push-in
    push-ins pull-back zoom-in panning parallax pov photoréaliste fotorealistisch
    fotorrealista cgi tilt-shift estética
""")
LOOK_PHRASES = re.compile(
    r"\b(?:kodak|fuji\w*|cinestill)\s+\w+(?:\s+\d{2,4}\w?)?\b|\b(?:arri|sony|canon|panavision)\s+"
    r"(?:alexa|venice|c\d+|mini|lf|lenses?)\b|\bsplit\s+screen\b|"
    r"\b(?:continuous|single|long)\s+take\b|\b(?:shot|filmed)\s+on\s+(?:phone|iphone|film|arri|"
    r"red|vhs|\w+\s?mm)\b|\bugc\s+style\b|"
    r"\b(?:shallow|deep|soft|rack)\s+focus\b|\bf/\d[\d.]*|"
    r"\b(?:top[\s-]down(?:\s+(?:camera|view|shot))?|overhead\s+(?:camera|view)|depth\s+of\s+field|"
    r"\d+\s?mm|white\s+space|slow\s+motion|time\s+lapse|black\s+(?:and|&)\s+white|b\s?[&/]\s?w|"
    r"low\s+angle|"
    r"high\s+angle|wide\s+angle|shallow\s+depth\s+of\s+field|"
    r"golden\s+hour\s+light(?:ing)?|film\s+grain|stop\s+motion|(?:tracking|aerial|drone|wide|"
    r"close-up|macro)\s+shots?|en\s+noir\s+et\s+blanc|"
    r"blanco\s+y\s+negro|schwarz\s+und\s+weiß|in\s+farbe)\b",
    re.IGNORECASE,
)
SCREEN_PHRASES = re.compile(
    r"\b(?:freeze\s+frames?|(?:bold|big|large|small|huge|white|black)\s+(?:type|letters|"
    r"lettering|fonts?)|por\s+favor|per\s+favore|s'il\s+(?:vous|te)\s+plaît|if\s+possible|"
    r"wenn\s+möglich|si\s+possible|"
    r"(?:in\s+|languages?:?\s+(?:is\s+)?)(?:english|german|french|spanish|italian|portuguese|"
    r"dutch)|"
    r"auf\s+(?:deutsch|englisch)|en\s+(?:français|español|inglés)|trending\s+on\s+\w+|"
    r"(?:make|makes)\s+it\s+pop)(?!\w)|"
    r"\b(?:(?:super\s+|very\s+)?(?:fast|quick|hard|jump|rapid|snappy|slow|smooth)\s+(?:cuts?|"
    r"edits?|"
    r"editing|pac(?:e|ing)|transitions?)|(?:nothing|no\s*thing)\s+else(?:\s+(?:on|"
    r"in)\s+(?:the\s+)?(?:screen|frame|shot|"
    r"picture))?|on[\s-]screen|text\s+overlays?|voice\s+overs?|"
    r"pre[\s-]rolls?|sound\s+effects?|step[\s-]by[\s-]step|end\s+card|voix[\s-]off|voz\s+en\s+off|"
    r"voce\s+(?:fuori\s+campo|narrante)|short\s+films?|music\s+videos?|motion\s+graphics|"
    r"call\s+to\s+action|colou?r\s+grading|"
    r"(?:the\s+)?(?:text|music|sound|logo|font|captions?|colou?rs?)(?=\s+(?:large|big|small|loud|"
    r"quiet|low|high|bold|readable|visible|subtle|bright|soft))|"
    r"(?:instagram\s+)?stor(?:y|ies)\s+format)\b",
    re.IGNORECASE,
)
# May stand beside a strong word without saying anything to be seen.
WEAK = word_set("""
    into so مدة locker witzig frech sachlich seriös jugendlich humorvoll du-form sie-form duzen
    siezen
    vous pourriez pourrais voudrait länger dauern nicht als que dure unos unas bis до не
    более дольше أقل من أكثر أن حوالي لا limit capped hard punkt curtinho curtinha
    pequena pequeno vertikal vertikales unter photos needed drawn pictures flashy
    gimbal ugc ugc-style think super real plain erzählt máximo máx comedic timing rythme
    ritmo allegro смешной динамичный весёлый весёлая яркий стильный уютный allegra
    fun erzeuge generiere gere génère graphics colored coloured cheeky urban
    masculine feminine bunt bunte schnell schnelle laut vif vifs coloré colorido
    colorato delicate rustic sleek bouncy zany cosmic gloomy melancholic hopeful
    sombre somber tense wild fierce airy earthy institucional corporativo
    institucionale feminina masculina feminino femminile maschile gimme hazme
    unterlegt 左右 以内 程度 ほど くらい smth sth peux-tu pouvez-vous me m' fin final à intro
    twist muted gentle curto emotivo rigolote faz valeu corporate blue navy
    subtitles ig insta request two three type energetisch quería querría emotiva
    divertida versions ish 10ish 15ish 20ish 30ish humor british american accent
    carries carry product tops male female man's woman's narrated husky natural only
    driving uplifting inspirational groovy snappy punchy bottom top left right
    corner center centre centered upper lower size readable legible cheesy corny
    salesy pushy cringe boring generic childish too bit kind sort little lot
    whatever ok okay tasteful classy edgy gritty crisp polished lively heartfelt
    touching moving sentimental sincere authentic calming soothing peaceful serene
    whimsical quirky cute adorable silly goofy light-hearted lighthearted deadpan
    informative educational persuasive aspirational empowering suspenseful spooky
    creepy scary understated subtle festive seasonal him her them they who what
    which when how finished rough draft first-draft sample example soon asap urgent
    urgently needed attached attachment hi hey ai ai-generated generated unboxing
    live-action animated same usual per discussed mentioned agreed animations
    cartoon-style handdrawn hand-drawn illustrated website homepage newsletter
    intranet laid-back someone whatsoever everyone männliche weibliche freundliche
    professionelle lustig lustige mal gern gerne hätte hätten würde könntest könnt
    könnten kannst basteln schnitte dynamisch sanfte hintergrund wäre cherche
    cherchons petite petit besoin j'ai j'aimerais aimerais aimerions serait svp stp
    d'avance rapide dynamique drôle sobre l'écran fond busco buscamos necesitamos
    necesita gustaría rápido dinámico divertido fondo rápida dinámica preciso
    precisamos gostaria queria uns umas pro pra animada animado dinâmico fundo ci
    serve cerco cerchiamo vogliamo lento veloce dinamico sottofondo da zoek zoeken
    nodig wil willen wij snelle vrolijk vrolijke нужен нужно нужна хочу хотим
    пожалуйста короткий короткое сделайте сделай قصير قصيرة أريد نريد من فضلك مدته
    مدتها chaleureuse chaleureux groß große klein kleine bittersweet trustworthy put
    together brief kurzes fürs zum story stories pls plz i'm hyperreal humoristique
    2d 3d flat hello team guys tempo pace paced macro ultra highly detailed grainy
    nostalgic hyper think apple-style lots space idea concept promotional
    promozionale pubblicitario publicitario publicitaire promocional promocionais
    werblich niente nessuna top-down overhead toned feels feeling sharp focus depth
    field hdr quality best masterpiece trending render rendered octane unreal engine
    raw award-winning stunning beautiful gorgeous a an the one this that it its it's
    is are be been being was i we you us my our your i'd i'll let's and or but then
    also plus with without in on at for of to from by as like about around roughly
    approximately approx circa ca exactly precisely under over between maximum max
    min minimum total just no not any some more less than up down please kindly
    thanks thank can could would will should must shall may need needs want wants
    looking have has make makes making made create creating generate produce
    produces shoot design build write prepare craft do does give keep keeps ensure
    use uses using add adds include show set let run runs long length duration last
    lasts lasting high low full good great nice cool catchy really very quite super
    shorter longer quick fast slow simple clean modern warm cold calm soft quiet
    loud large big small bold bright dark upbeat happy sad serious playful friendly
    funny humorous humour emotional inspiring energetic confident professional
    cheerful relaxed relaxing elegant luxurious luxury premium minimal minimalist
    minimalistic vintage retro dramatic epic mysterious romantic cozy cosy positive
    optimistic dynamic vivid colourful colorful pastel neutral stylish hip trendy
    classic classical acoustic electronic ambient instrumental orchestral jazzy jazz
    techno rock pop hip-hop piano guitar ukulele strings synth drums background
    throughout whole entire all overall version style-wise something anything
    somehow there here audience viewers viewer target campaign brand company
    platform social media feed post silence starts start begins begin ends end
    ending finish opening first second third once dialogue dialog text words
    lettering logo screen colours colors colour color red orange yellow green purple
    violet pink black white grey gray gold silver teal turquoise beige brown deep
    light tracking angle angles camera shot shots frame ein eine einen einem einer
    der die das den dem des und oder mit ohne im am auf für von zu zur als etwa rund
    genau maximal höchstens bitte danke ich wir mir sie brauche brauchen möchte
    möchten wollen erstelle erstellen mach mache machen mein meine unser unsere kurz
    kurze kurzer kurzen lang lange länge dauer soll sein kein keine keinen ruhig
    ruhige ruhiger ruhigen fröhlich fröhliche moderne warme leise un une le la les
    du de d' l' et ou avec sans pour sur en dans au aux environ s'il vous plaît
    merci je nous veux voudrais faites fais faire crée créer créez notre nos mon ma
    court courte calme doux douce joyeuse joyeux pas el los las una uno unos y o con
    sin para por al del que dure duración quiero queremos necesito haz hacer crea
    crear mi nuestro nuestra corto corta favor gracias tranquila tranquilo alegre
    suave um uma os com sem na nas faça crie quero nosso nossa curta il lo gli di
    senza nel nella della che fai vorrei nostro nostra breve het een met zonder voor
    op van maak graag kort korte rustige
""")
# One of these alone says how the film should be.
ALONE = word_set("""
    locker du-form sie-form
    silent muted narrated subtitled loopable thanks thx please pls plz cheers ty
    danke merci gracias obrigado obrigada grazie bedankt спасибо شكرا asap funny
    humorous serious cheesy corny salesy emotive sentimental heartfelt wholesome
    quirky whimsical cosy cozy moody energetic playful emotional inspiring dramatic
    cinematic nostalgic upbeat elegant luxurious minimal minimalist professional
    friendly romantic mysterious epic witty ironic
""")
INSTRUMENTS = re.compile(
    r"\b(?:piano|guitar|ukulele|strings|synths?|drums|violin|cello|orchestra|jazz|techno|hip-?hop|"
    r"xylophone|flute|organ|handpan|harmonica|accordion|harp|choir|banjo|saxophone|trumpet|swing|bluegrass|lute|bossa(?:\s+nova)?|reggae|fado|tango|flamenco|polka|"
    r"waltz|walzer|valse|vals|sitar|oud|bagpipes?|mandolin|marimba|clarinet|xylophone|glockenspiel|celesta|kalimba|xilofone|violão|chitarra|pianoforte|fisarmonica|"
    r"violino|sanfona|cavaquinho|guitarra|trommeln|geige|streicher|gitara|skrzypce|гитара|скрипка|фортепиано|flöte|"
    r"akkordeon|flûte|accordéon|violon|flauta|acordeón|"
    r"klavier|gitarre|guitare)\b|ピアノ|ギター|ジャズ|三味線|琴(?!線)|古筝|钢琴|吉他|爵士|二胡|피아노|기타\s*연주|재즈|عود|بيانو|सितार|बाँसुरी|तबला",
    re.IGNORECASE,
)
MUSICAL = re.compile(
    r"\b(?:deep|only|solo|background|just|warm|soft|gentle|calm|quiet|slow|upbeat|happy|"
    r"energetic|relaxing|relaxed|ambient|acoustic|"
    r"dramatic|epic|melancholic|sad|"
    r"background|instrumental|ruhig\w*|sanft\w*|leise\w*|doux|douce|calme|suave|tranquil\w*)\b",
    re.IGNORECASE,
)

# Kinds of music that nobody sees: one of these alone is talk.
MUSIC_ONLY = word_set("""
    synthwave vaporwave lofi lo-fi techno dubstep phonk edm trap chillhop chillwave
    darkwave hip-hop trip-hop drum'n'bass dnb eurodance shoegaze
""")
# Kinds of music: known only beside a word for sound.
TRACKS = word_set("track tracks tune tunes score groove instrumental")
GENRES = word_set("""
    nature asmr trendy trending tendance viral hip hop napoletana celtic gospel
    allegra allegro dolce treibende treibender heitere heiterer energische
    dynamische vrolijke rustige joyeuse douce entraînante animada alegre весёлая
    спокойная aggressive funky jazzy upbeat happy dramatic epic ambient acoustic
    electronic electro cinematic orchestral indie bass heavy funk soul surf folk
    country metal punk reggae latin lounge chill chillhop trap house edm disco swing
    blues marimba whistling choir brass saxophone trumpet harp violin cello banjo
    accordion track tracks tune tunes score groove muffled city street hit akkordeon
    accordéon acordeón banda trommeln tambours tambores
""")
# Verbs and phrases that ask for a film, as one person writes to another.
ASKING = word_set("""
    turn transform convert adapt verwandle transforme transforma convierte
    erzeuge erzeugt generiere gere gerar génère générez genera visualisiere bastel
    gimme hazme hazlo créame dame fammi faites-moi fais-moi hagan quería querría
    querríamos someone need needs want wants like love make create creating generate
    produce do film shoot design render write build prepare craft put cut edit
    looking searching after please can could would give get help let let's
    requesting brauche brauchen bräuchte bräuchten möchte möchten will wollen hätte
    hätten suche suchen bitte erstelle erstellen erstellt mach mache machen macht
    produziere produzieren drehe drehen kannst könnt könntest könnten bastle
    gestalte cherche cherchons veux voulons voudrais voudrions faudrait faut
    aimerais aimerions j'aimerais besoin fais faites faire crée créez créer réalise
    réalisez réaliser peux pouvez merci quiero queremos necesito necesitamos busco
    buscamos haz hacer hagas crea crear creen puedes podrías podéis gustaría generar
    preciso precisamos quero gostaria queria faça faz fazer crie criar cria pode
    poderia serve vorrei vorremmo voglio vogliamo cerco cerchiamo creare fai fare
    fate realizza puoi graag maak zoek zoeken wil willen nodig нужен нужно нужна
    хочу хотим сделай сделайте создай создайте снимите أريد نريد اصنع أنشئ اعمل
""")
# Orders to whoever makes the film, where only known words follow.
MAKER_VERBS = word_set("""
    use include add keep make ensure insert avoid feature apply shoot nutze verwende
    füge utilise utilisez ajoute ajoutez usa añade agrega adicione aggiungi gebruik
    voeg
""")
# Words that stand for the film where somebody asks for it: `make something for our lobby`.
FILM_OBJECTS = word_set(
    "story stories sequence smth sth something anything etwas irgendwas algo qualcosa iets"
)
