create table documents (
  kind     text    not null,
  id       text    not null,
  revision integer not null,
  document text    not null,
  service  text,
  phase    text,
  created  integer not null,
  primary key (kind, id)
);
create index documents_created on documents (kind, created);
create index documents_service on documents (kind, service, created);
create index documents_phase on documents (kind, phase, created);

create table events (
  id          integer primary key,
  at_ms       integer not null,
  actor       text    not null,
  kind        text    not null,
  subject     text    not null,
  promotion   text,
  service     text,
  environment text,
  text        text    not null,
  data        text
);

create table observations (
  rollout text    not null,
  n       integer not null,
  json    text    not null,
  primary key (rollout, n)
);

create table answers (
  key     text    primary key,
  request text    not null,
  answer  text    not null,
  at_ms   integer not null
);
create index answers_at on answers (at_ms);

create table counters (
  name  text    primary key,
  value integer not null
);
