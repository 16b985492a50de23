package leadertest

import (
	"context"
	"errors"
	"sync"

	"github.com/wireframework/wireframework/layers/leader"
)

func onlyCandidate(t *trial) {
	term := t.win(t.a)
	if term.Token() <= 0 {
		t.Errorf("the token of the first term is %d (tokens are positive)", term.Token())
	}
	t.resign(term)
}

func oneAtATime(t *trial) {
	first := t.win(t.a)
	other, again := t.begin(t.b), t.begin(t.a)
	other.mustWaitFor(t.hold, "while another candidate leads")
	again.mustWait("while a term of the same elector lasts")
	t.mustLast(first, "although nobody has ended it (is it renewed?)")
}

func handsOver(t *trial) {
	first := t.win(t.a)
	other := t.begin(t.b)
	other.mustWait("while another candidate leads")
	t.resign(first)
	t.mustGrow(first.Token(), other.win().Token())
}

func tokensGrow(t *trial) {
	var before int64
	for i, e := range []leader.Elector{t.a, t.a, t.b, t.a, t.b, t.b} {
		term := t.win(e)
		if i > 0 {
			t.mustGrow(before, term.Token())
		}
		if again := term.Token(); again != term.Token() {
			t.Fatalf("the token of a term changes")
		}
		before = term.Token()
		t.resign(term)
	}
}

func endsWithContext(t *trial) {
	term := t.win(t.a)
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := t.b.Campaign(ended); !errors.Is(err, context.Canceled) {
		t.Fatalf("a campaign with a context that has ended returns %v (which does not wrap context.Canceled)", err)
	}
	other := t.begin(t.b)
	other.mustWait("while another candidate leads")
	other.cancel()
	if !other.endsWithin(t.patience) {
		t.Fatalf("%v after its context was cancelled a campaign still goes on", t.patience)
	}
	if other.term != nil || !errors.Is(other.err, context.Canceled) {
		t.Fatalf("a campaign whose context was cancelled returns %s and error %v (which has to wrap context.Canceled)", describe(other.term), other.err)
	}
	t.mustLast(term, "after another candidate has given up")
	t.resign(term)
}

// endedIsNotElected finds what a campaign leaves behind that was given up.
func endedIsNotElected(t *trial) {
	term := t.win(t.a)
	other := t.begin(t.b)
	other.mustWait("while another candidate leads")
	other.cancel()
	if !other.endsWithin(t.patience) {
		t.Fatalf("%v after its context was cancelled a campaign still goes on", t.patience)
	}
	t.resign(term)
	t.resign(t.win(t.a))
}

func outlivesContext(t *trial) {
	c := t.begin(t.a)
	term := c.win()
	c.cancel()
	t.begin(t.b).mustWaitFor(t.hold, "while another candidate leads whose campaign had a context that has ended")
	t.mustLast(term, "after the context of its campaign was cancelled")
	t.resign(term)
}

func resignsOnce(t *trial) {
	first := t.win(t.a)
	t.resign(first)
	second := t.win(t.b)
	t.resign(first)
	t.begin(t.a).mustWait("while another candidate leads, after a second resignation of the term before")
	t.mustLast(second, "after a second resignation of the term before")
}

// takeTurns has several campaigns of both electors at a time.
func takeTurns(t *trial) {
	var (
		mu      sync.Mutex // protects following fields
		leading int
		latest  int64
		all     sync.WaitGroup
	)
	enter := func(token int64) {
		mu.Lock()
		defer mu.Unlock()
		if leading++; leading > 1 {
			t.Errorf("%d terms at a time", leading)
		}
		if token <= latest {
			t.Errorf("a term with token %d follows one with token %d", token, latest)
		}
		latest = token
	}
	leave := func() {
		mu.Lock()
		defer mu.Unlock()
		leading--
	}
	for _, e := range []leader.Elector{t.a, t.b, t.a, t.b} {
		all.Go(func() {
			ctx, cancel := t.bounded()
			defer cancel()
			for range 2 {
				term, err := e.Campaign(ctx)
				if err != nil {
					t.Errorf("a campaign among many fails: %v", err)
					return
				}
				enter(term.Token())
				leave()
				if err := term.Resign(ctx); err != nil {
					t.Errorf("a resignation fails: %v", err)
				}
			}
		})
	}
	all.Wait()
}

// lose takes the leadership away from a term and waits until it notices.
func (t *trial) lose(term leader.Term) {
	t.Helper()
	t.depose(t)
	ctx, cancel := t.bounded()
	defer cancel()
	select {
	case <-term.Lost():
	case <-ctx.Done():
		t.Fatalf("%v after the leadership was taken away, the channel of Lost is open", t.patience)
	}
}

func noticesLoss(t *trial) {
	term := t.win(t.a)
	t.lose(term)
	t.resign(term)
	t.mustGrow(term.Token(), t.win(t.a).Token())
}

func loserResigns(t *trial) {
	loser := t.win(t.a)
	t.lose(loser)
	next := t.win(t.b)
	t.mustGrow(loser.Token(), next.Token())
	t.resign(loser)
	t.begin(t.a).mustWait("while another candidate leads, after the resignation of one that had lost")
	t.mustLast(next, "after the resignation of one that had lost")
}
