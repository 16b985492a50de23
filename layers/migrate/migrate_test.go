package migrate_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wireframework/wireframework/layers/migrate"
	"github.com/wireframework/wireframework/layers/postgres"
	"github.com/wireframework/wireframework/layers/postgres/pgtest"
	"github.com/wireframework/wireframework/layers/sqlite"
	"github.com/wireframework/wireframework/service"
	"github.com/wireframework/wireframework/service/servicetest"
	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring/layertest"
)

func TestTheLayersKeepTheirPromises(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		db := open(t, b)
		o := b.options(1)
		layertest.Run(t, migrate.Up(o), servicetest.Supply(db)) // which interrupts it
		_, err := run(t, b.layer, migrate.Up(o))
		require.NoError(t, err)
		layertest.Run(t, migrate.Check(o), servicetest.Supply(db))
		o.Database = "archive"
		layertest.Run(t, migrate.Up(o), servicetest.Supply(db, "archive"))
		layertest.Run(t, migrate.Check(o), servicetest.Supply(db, "archive"))
	})
}

func TestBadOptionsAreErrorsOfBuild(t *testing.T) {
	good := migrate.Options{FS: fstest.MapFS{}, Dialect: migrate.SQLite}
	with := func(edit func(*migrate.Options)) migrate.Options {
		o := good
		edit(&o)
		return o
	}
	tests := []struct {
		name    string
		options migrate.Options
		want    string
	}{
		{"no files", with(func(o *migrate.Options) { o.FS = nil }), "FS is nil (give the files, such as an embed.FS)"},
		{"a directory that is none", with(func(o *migrate.Options) { o.Dir = "/sql" }), `Dir "/sql" is no path in an fs.FS (use slashes, none at the ends, and no dots)`},
		{"an unknown dialect", with(func(o *migrate.Options) { o.Dialect = "mysql" }), `Dialect "mysql" is unknown (known: "postgres", "sqlite")`},
		{"a negative interval", with(func(o *migrate.Options) { o.Poll = -1 }), "Poll -1ns is negative (give an interval, or 0 for 1s)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := service.NewBuilder().AddLayer(migrate.Up(tt.options)).Build()
			assert.ErrorContains(t, err, tt.want)
			_, err = service.NewBuilder().AddLayer(migrate.Check(tt.options)).Build()
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestBadFilesAreErrorsOfTheConstructor(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		o := migrate.Options{FS: fstest.MapFS{"other/00001_a.sql": file()}, Dir: "sql", Dialect: b.dialect}
		_, err := run(t, b.layer, migrate.Check(o))
		assert.ErrorContains(t, err, `no migrations in directory "sql" of FS (files are called like 00001_name.sql)`)

		o = migrate.Options{FS: fstest.MapFS{"00001_a.sql": file(), "00001_b.sql": file()}, Dialect: b.dialect}
		_, err = run(t, b.layer, migrate.Up(o))
		assert.ErrorContains(t, err, "00001_b.sql")
	})
}

func TestANodeMigratesAndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		var ran []int
		log, err := run(t, b.layer, migrate.Up(b.options(2)), migrate.Check(b.options(2)), worker(&ran))
		require.NoError(t, err)
		assert.Equal(t, []int{1, 2}, ran)
		assert.Contains(t, log, `msg="migrating the schema" task=migrate layer=migrate from=0 to=2`)
		assert.Contains(t, log, `msg="migration applied" task=migrate layer=migrate file=00002_step.sql version=2`)

		o := b.options(3)
		log, err = run(t, b.layer, migrate.Up(o), migrate.Check(o), worker(&ran))
		require.NoError(t, err)
		assert.Equal(t, []int{1, 2, 3}, ran, "only what is new")
		assert.Contains(t, log, "from=2 to=3")

		log, err = run(t, b.layer, migrate.Up(o), migrate.Check(o), worker(&ran))
		require.NoError(t, err)
		assert.Equal(t, []int{1, 2, 3}, ran)
		assert.NotContains(t, log, "migrating")
	})
}

func TestANodeThatMigratesDoesNotWaitForAWholeInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := backend{dialect: migrate.SQLite, layer: sqlite.New(sqlite.Options{Path: sqlite.Memory}), sleep: "select 1"}
		o := b.options(2)
		o.Poll = time.Hour
		begin := time.Now()
		var ran []int

		_, err := run(t, b.layer, migrate.Up(o), migrate.Check(o), worker(&ran))

		require.NoError(t, err)
		assert.Less(t, time.Since(begin), time.Second)
	})
}

func TestTheCheckAsksOnceAnIntervalInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := backend{dialect: migrate.SQLite, layer: sqlite.New(sqlite.Options{Path: sqlite.Memory}), sleep: "select 1"}
		db, o := open(t, b), b.options(1)
		o.Poll = time.Second
		svc := servicetest.Build(t, service.NewBuilder().AddLayer(migrate.Check(o)), servicetest.Supply(db))
		done := make(chan error, 1)
		go func() { done <- svc.Run(t.Context()) }()
		time.Sleep(time.Minute)
		require.EqualValues(t, "schema", pending(svc))

		require.NoError(t, servicetest.Start(t, service.NewBuilder().AddLayer(migrate.Up(o)), servicetest.Supply(db)).Wait())
		begin := time.Now()
		require.NoError(t, <-done)

		waited := time.Since(begin)
		assert.LessOrEqual(t, waited, o.Poll)
		assert.Greater(t, waited, o.Poll/5, "it does not ask as soon as at first")
	})
}

// The migrations do not notice when they are applied twice, so only a lock prevents it.
func TestNodesThatMigrateAtOnceTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		atOnce(t, b, 2) // an empty database
		atOnce(t, b, 4) // one that has been migrated before
	})
}

// atOnce has four nodes that migrate.
func atOnce(t *testing.T, b backend, versions int) {
	t.Helper()
	o := b.options(versions)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := run(t, b.layer, migrate.Up(o), migrate.Check(o))
			assert.NoError(t, err)
		})
	}
	all.Wait()
	var want []int
	for v := range versions {
		want = append(want, v+1)
	}
	got, err := steps(t.Context(), open(t, b))
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

// The pair that the framework is for: the check on every node, the set-up on one.
func TestOneNodeMigratesAndAllWait(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		o := b.options(2)
		var ran []int
		waiting, log := node(t, b.layer, migrate.Check(o), worker(&ran))
		done := make(chan error, 1)
		go func() { done <- waiting.Run(t.Context()) }()
		require.Eventually(t, func() bool {
			return pending(waiting) == "schema" && strings.Contains(log.String(), "version=0")
		}, time.Minute, time.Millisecond)
		time.Sleep(10 * o.Poll) // it asks again, and says nothing
		require.Empty(t, done)

		_, err := run(t, b.layer, migrate.Up(o))
		require.NoError(t, err)

		require.NoError(t, <-done)
		assert.Equal(t, []int{1, 2}, ran)
		assert.Regexp(t, `level=INFO msg="waiting for the schema" task=schema layer=schema-check version=0 wanted=2\n`, log.String())
		assert.NotRegexp(t, `(?s)version=0 wanted=2.*version=0 wanted=2`, log.String())
	})
}

func pending(svc *service.Service) task.ID {
	if p := svc.Status().Pending; len(p) == 1 {
		return p[0]
	}
	return ""
}

func TestAnOldBinaryFails(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		b.sleep = "select 1"
		_, err := run(t, b.layer, migrate.Up(b.options(7)))
		require.NoError(t, err)
		old := b.options(5)
		var ran []int
		for name, node := range map[string]func() error{
			"the check": func() error { _, err := run(t, b.layer, migrate.Check(old), worker(&ran)); return err },
			"migrating": func() error { _, err := run(t, b.layer, migrate.Up(old)); return err },
			"both": func() error {
				_, err := run(t, b.layer, migrate.Up(old), migrate.Check(old), worker(&ran))
				return err
			},
		} {
			err := node()
			var newer *migrate.NewerError
			require.ErrorAs(t, err, &newer, name)
			assert.Equal(t, migrate.NewerError{Schema: 7, Binary: 5}, *newer)
			assert.ErrorContains(t, err, "schema is at version 7, this binary knows 5 (deploy the newer binary or migrate down)")
		}
		assert.Empty(t, ran)
	})
}

func TestAMigrationThatFailsLeavesNoTraces(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		o := b.options(3)
		o.FS.(fstest.MapFS)["00002_step.sql"] = file("create table half (id integer);", "insert into nowhere values (1);")

		_, err := run(t, b.layer, migrate.Up(o), migrate.Check(o))

		var failed *migrate.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, "00002_step.sql", failed.File)
		assert.EqualValues(t, 2, failed.Version)
		assert.ErrorContains(t, err, "migration 00002_step.sql (version 2): ")
		assert.ErrorContains(t, failed.Err, "nowhere")

		db := open(t, b)
		got, err := steps(t.Context(), db)
		require.NoError(t, err)
		assert.Equal(t, []int{1}, got)
		_, err = db.ExecContext(t.Context(), "select * from half")
		assert.Error(t, err)

		_, err = run(t, b.layer, migrate.Up(b.options(3)))
		require.NoError(t, err, "the lock is free, and the file corrected")
	})
}

func TestTheStopInterruptsAMigration(t *testing.T) {
	each(t, func(t *testing.T, b backend) {
		o := b.options(1)
		long := "select pg_sleep(600);"
		if b.dialect == migrate.SQLite {
			long = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n;"
		}
		o.FS.(fstest.MapFS)["00001_step.sql"] = file(long)
		svc, log := node(t, b.layer, migrate.Up(o))
		done := make(chan error, 1)
		go func() { done <- svc.Run(t.Context()) }()
		require.Eventually(t, func() bool { return strings.Contains(log.String(), "migrating the schema") }, time.Minute, time.Millisecond)
		time.Sleep(50 * time.Millisecond) // into the migration

		svc.Stop(nil)

		select {
		case err := <-done:
			assert.NoError(t, err)
		case <-time.After(10 * time.Second):
			t.Fatal("the migration goes on")
		}
		_, err := run(t, b.layer, migrate.Up(b.options(1)))
		assert.NoError(t, err, "the lock is free")
	})
}

func TestTheCheckWaitsForADatabaseThatDoesNotAnswer(t *testing.T) {
	s := pgtest.Shared(t)
	p := pgtest.NewProxy(t, s.Address())
	b := backend{dialect: migrate.Postgres, layer: postgres.New(postgres.Options{URL: p.URL(s.NewDatabase(t))}), sleep: "select 1"}
	var ran []int
	svc, log := node(t, b.layer, migrate.Check(b.options(1)), worker(&ran))
	done := make(chan error, 1)
	go func() { done <- svc.Run(t.Context()) }()
	logged := func(text string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(log.String(), text) }, time.Minute, time.Millisecond)
	}
	logged("version=0 wanted=1")
	p.Cut()
	logged(`level=WARN msg="waiting for the schema, whose version cannot be read"`)
	p.Resume()

	_, err := run(t, b.layer, migrate.Up(b.options(1)))
	require.NoError(t, err)
	require.NoError(t, <-done)
	assert.Equal(t, []int{1}, ran)
}

func TestADatabaseInMemoryIsMigrated(t *testing.T) {
	b := backend{dialect: migrate.SQLite, layer: sqlite.New(sqlite.Options{Path: sqlite.Memory}), sleep: "select 1"}
	var ran []int
	_, err := run(t, b.layer, migrate.Up(b.options(2)), migrate.Check(b.options(2)), worker(&ran))
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2}, ran)

	b.layer = sqlite.New(sqlite.Options{Path: sqlite.Memory, MaxOpen: 1})
	_, err = run(t, b.layer, migrate.Up(b.options(1)))
	assert.ErrorContains(t, err, "the pool has one connection, and a migration needs two (raise the MaxOpen of the database)")
}

func TestTwoDatabasesOfOneNodeAreMigrated(t *testing.T) {
	ledger, audit := backend{dialect: migrate.SQLite, sleep: "select 1"}.options(1), backend{dialect: migrate.SQLite, sleep: "select 1"}.options(2)
	audit.Database = "audit"
	svc, _ := node(t,
		sqlite.New(sqlite.Options{Path: sqlite.Memory}), migrate.Up(ledger), migrate.Check(ledger),
		sqlite.New(sqlite.Options{Path: sqlite.Memory, Name: "audit"}), migrate.Up(audit), migrate.Check(audit),
	)
	require.NoError(t, svc.Run(context.Background()))
	var ids []task.ID
	for _, s := range svc.Status().Tasks {
		ids = append(ids, s.ID)
	}
	assert.Equal(t, []task.ID{"migrate", "schema", "migrate-audit", "schema-audit"}, ids)
}
