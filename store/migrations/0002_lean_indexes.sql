-- When a session expires changes with each refresh; sessions are swept in the order of their ids.
DROP INDEX sessions_expired;

-- What people do to themselves is found by the subject.
DROP INDEX audit_events_of_actor;
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, id)
    WHERE subject_id IS NULL OR subject_id <> actor_id;
