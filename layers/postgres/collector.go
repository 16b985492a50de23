package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// collector gives the figures of a pool, with the name of the layer as the label pool.
type collector struct {
	pool    *pgxpool.Pool
	figures []figure
}

type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*pgxpool.Stat) float64
}

func (l layer) newCollector(pool *pgxpool.Pool) prometheus.Collector {
	c := &collector{pool: pool}
	label := prometheus.Labels{"pool": l.Name()}
	add := func(name, help string, kind prometheus.ValueType, of func(*pgxpool.Stat) float64) {
		c.figures = append(c.figures, figure{prometheus.NewDesc("pgxpool_"+name, help, nil, label), kind, of})
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	add("max_connections", "Greatest number of connections.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) })
	add("open_connections", "Connections that are open or being made.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.TotalConns()) })
	add("used_connections", "Connections that somebody uses.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) })
	add("idle_connections", "Connections that nobody uses.", gauge,
		func(s *pgxpool.Stat) float64 { return float64(s.IdleConns()) })
	add("new_connections_total", "Connections that have been made.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.NewConnsCount()) })
	add("acquires_total", "How often a connection was taken from the pool.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.AcquireCount()) })
	add("acquire_seconds_total", "Time spent on taking connections from the pool.", counter,
		func(s *pgxpool.Stat) float64 { return s.AcquireDuration().Seconds() })
	add("waits_total", "How often somebody had to wait for a connection.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) })
	add("wait_seconds_total", "Time spent on waiting for connections.", counter,
		func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() })
	add("canceled_acquires_total", "How often somebody gave up waiting for a connection.", counter,
		func(s *pgxpool.Stat) float64 { return float64(s.CanceledAcquireCount()) })
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range c.figures {
		out <- f.desc
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	stat := c.pool.Stat()
	for _, f := range c.figures {
		out <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(stat))
	}
}
