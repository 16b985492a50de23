package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/wireframework/wireframework/task"
	"github.com/wireframework/wireframework/wiring"
)

// Store keeps lines and counts their words, whatever their case. It is the resource
// that the other layers need; none of them knows which implementation it gets. Its
// methods are safe for concurrent use.
type Store interface {
	// Add appends a line, which contains no line break, and returns its number. The
	// first line has the number 1.
	Add(line string) (number int, err error)

	// Line returns the line of that number, if there is one.
	Line(number int) (text string, ok bool)

	// Word says where a word occurs, if it does.
	Word(word string) (w Word, ok bool)

	// Words returns the words that begin with prefix, the most frequent first, and
	// not more than limit.
	Words(prefix string, limit int) []WordCount

	// Counts returns how much there is.
	Counts() Counts
}

// Word says where a word occurs.
type Word struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
	Lines []int  `json:"lines"` // numbers of lines, ascending
}

// WordCount says how often a word occurs.
type WordCount struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
}

// Counts says how much a store has.
type Counts struct {
	Lines     int `json:"lines"`
	Words     int `json:"words"`
	Different int `json:"different"` // words that differ
}

// memoryLayer provides a Store that forgets everything at the end.
type memoryLayer struct{}

func (memoryLayer) Name() string { return "storage" }

func (memoryLayer) Wire(r *wiring.Registry) error {
	r.Provide(newMemoryStore, wiring.As[Store]())
	return nil
}

// memoryStore is a Store in memory.
type memoryStore struct {
	mu    sync.RWMutex // protects following fields
	lines []string
	words map[string]*Word
	total int // of words
}

func newMemoryStore() *memoryStore {
	return &memoryStore{words: make(map[string]*Word)}
}

func (s *memoryStore) Add(line string) (number int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	for _, word := range split(line) {
		s.addWordLocked(word, len(s.lines))
	}
	return len(s.lines), nil
}

func (s *memoryStore) addWordLocked(word string, number int) {
	w := s.words[word]
	if w == nil {
		w = &Word{Word: word}
		s.words[word] = w
	}
	w.Count++
	s.total++
	if n := len(w.Lines); n == 0 || w.Lines[n-1] != number {
		w.Lines = append(w.Lines, number)
	}
}

func (s *memoryStore) Line(number int) (text string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if number < 1 || number > len(s.lines) {
		return "", false
	}
	return s.lines[number-1], true
}

func (s *memoryStore) Word(word string) (w Word, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := s.words[strings.ToLower(word)]
	if found == nil {
		return Word{}, false
	}
	w = *found
	w.Lines = slices.Clone(w.Lines) // the original belongs to the store
	return w, true
}

func (s *memoryStore) Words(prefix string, limit int) []WordCount {
	found := s.withPrefix(strings.ToLower(prefix))
	slices.SortFunc(found, func(a, b WordCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Word, b.Word))
	})
	return found[:min(limit, len(found))]
}

func (s *memoryStore) withPrefix(prefix string) []WordCount {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []WordCount{} // not nil, which JSON shows as null
	for word, w := range s.words {
		if strings.HasPrefix(word, prefix) {
			found = append(found, WordCount{Word: word, Count: w.Count})
		}
	}
	return found
}

func (s *memoryStore) Counts() Counts {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Counts{Lines: len(s.lines), Words: s.total, Different: len(s.words)}
}

// split returns the words of a line in lower case. Words are letters and digits;
// whatever else there is separates them.
func split(line string) []string {
	return strings.FieldsFunc(strings.ToLower(line), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// fileLayer provides a Store that keeps its lines in a file.
//
// To read an old file may take a while, so not the constructor does it but a task,
// beside the server, which says meanwhile that the node is not ready. The precondition
// holds back the tasks that use the store. Preparing and waiting are two tasks so that
// the gate does not depend on who prepares: the first may be swapped without the second.
type fileLayer struct{ dir string }

func (fileLayer) Name() string { return "storage" }

func (l fileLayer) Wire(r *wiring.Registry) error {
	if l.dir == "" {
		return errors.New("the file store needs a directory (add -dir)")
	}
	r.Provide(l.newFileStore)
	r.Provide(asStore)
	r.ProvideTask(newPrepareStore)
	r.ProvideTask(newStorePrepared)
	return nil
}

func (l fileLayer) newFileStore(hooks *wiring.ShutdownHooks) *fileStore {
	s := &fileStore{memoryStore: newMemoryStore(), path: filepath.Join(l.dir, "lines.txt")}
	// Hooks run after the last task has ended: nobody adds a line any more.
	hooks.Add("close-store", func(context.Context) error { return s.close() })
	return s
}

// asStore hands to the other layers, as a Store, what the tasks of this one need as it
// is.
func asStore(s *fileStore) Store { return s }

func newPrepareStore(s *fileStore) task.Task {
	return task.New("prepare-store", task.UnconstrainedOneshot, s.open)
}

func newStorePrepared(s *fileStore) task.Task {
	return task.Poll("store-prepared", 20*time.Millisecond, func(context.Context) (bool, error) {
		return s.isOpen(), nil
	})
}

var errNotOpen = errors.New("store is not open")

// fileStore is a Store that looks things up in memory and keeps a copy in a file.
type fileStore struct {
	*memoryStore
	path string

	mu   sync.Mutex // protects following field, and keeps file and memory in one order
	file *os.File   // nil unless the store is open
}

func (s *fileStore) Add(line string) (number int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return 0, errNotOpen
	}
	if _, err := s.file.WriteString(line + "\n"); err != nil {
		return 0, err
	}
	return s.memoryStore.Add(line)
}

// open creates the directory and the file, and reads what is there from before.
func (s *fileStore) open(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if err := s.replay(ctx, file); err != nil {
		return errors.Join(err, file.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = file
	return nil
}

// replay adds the lines of the file to the memory.
func (s *fileStore) replay(ctx context.Context, file *os.File) error {
	r := bufio.NewReader(file)
	for ctx.Err() == nil {
		line, err := r.ReadString('\n')
		if err == nil {
			_, err = s.memoryStore.Add(strings.TrimSuffix(line, "\n"))
		} else if errors.Is(err, io.EOF) {
			return s.finishLine(file, line)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err() // the stop, which is no failure
}

// finishLine ends a last line that a crash has left without its line break, so that
// the next one does not become a part of it.
func (s *fileStore) finishLine(file *os.File, line string) error {
	if line == "" {
		return nil
	}
	if _, err := file.WriteString("\n"); err != nil {
		return err
	}
	_, err := s.memoryStore.Add(line)
	return err
}

func (s *fileStore) isOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file != nil
}

// close closes the file, if it was ever opened.
func (s *fileStore) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return file.Close()
}
