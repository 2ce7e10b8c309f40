-- The sign-ins of a person, which they page through, whatever else the log says about them.
CREATE INDEX IF NOT EXISTS audit_events_of_sign_ins ON audit_events (subject_id, id)
    WHERE event IN ('session.started', 'session.refused');
