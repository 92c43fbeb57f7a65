-- Version 2. A timer is known by its number alone: it may be a wait's, a start's or a watch's.
ALTER TABLE timer DROP COLUMN run;
