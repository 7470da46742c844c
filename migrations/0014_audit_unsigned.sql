-- Every entry is signed when it is written, so the cron event no longer looks for entries that are not.
DROP INDEX audit_unsigned;
