"""Operations on AWS: plan (pure), show, ask, do, record. `lotus ops` is a thin skin over it."""
