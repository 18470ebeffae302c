"""Everything that needs an AWS account: operations (plan, show, ask, do, record) and
their checks.
"""
