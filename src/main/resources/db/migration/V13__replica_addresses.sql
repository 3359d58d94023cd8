set local lock_timeout = '3s'; -- see V10

-- Where other replicas can ask a replica for what it writes, and the secret from which they make what they prove themselves
-- with. Both are absent if nobody is to ask it, and of replicas of versions before this one.
alter table replica
    add column address text,
    add column secret  text;
