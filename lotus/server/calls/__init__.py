"""What each route does, a file a subject: functions from a request that was checked to
an answer.
"""
