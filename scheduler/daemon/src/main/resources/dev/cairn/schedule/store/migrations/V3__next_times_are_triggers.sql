-- When a schedule comes next is known to its trigger in Quartz's tables.
DROP INDEX cairn_schedule_next;
ALTER TABLE cairn_schedule DROP COLUMN next_ms;
