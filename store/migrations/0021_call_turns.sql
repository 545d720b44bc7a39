-- How a call went, turn by turn, how it ended, where its recording lies, and what its caller still
-- wanted when the line broke off.

ALTER TABLE call_logs
    ADD COLUMN turns          jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN ended_by       text,
    ADD COLUMN recording_path text,
    ADD COLUMN open_wish      jsonb;

-- The last call of a number, for a caller who phones again at once.
CREATE INDEX call_logs_caller ON call_logs (from_number, started_at DESC);
