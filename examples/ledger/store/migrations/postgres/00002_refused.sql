-- +goose Up
CREATE INDEX transfers_refused ON transfers (time) WHERE refusal <> '';

-- +goose Down
DROP INDEX transfers_refused;
