package acmewire

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// DeviationID names a row of [Deviations]. It is stable: saved documents and
// scripts may hold it.
type DeviationID string

// Deviation is one way in which a server may differ from the standard and that
// nfcert accepts. What makes a server fail, or only keeps it busy for a moment,
// is an error and has no row.
type Deviation struct {
	ID     DeviationID `json:"id"`
	Clause string      `json:"clause"` // what the server differs from
	What   string      `json:"what"`   // what the server does, and what nfcert does about it
	Where  string      `json:"where"`  // the servers that are known to do so
	Code   string      `json:"-"`      // the package below internal whose code accepts it
	// Loud deviations are worth a warning, as the next client may fail on them.
	// The others are recorded alone: the result is the same as with a server
	// that conforms, or another message already says what happened.
	Loud bool `json:"-"`
}

// MetDeviation is a deviation that a server showed.
type MetDeviation struct {
	ID     DeviationID `json:"id"`
	Clause string      `json:"clause"`
	What   string      `json:"what"`
	Found  string      `json:"found"` // the first time
	Count  int         `json:"count"`
	Last   time.Time   `json:"last"`
}

// met is what a wire has recorded of one deviation.
type met struct {
	MetDeviation
	unannounced bool // it is loud, and [Wire.Announce] has not returned it yet
}

// maxFound bounds what is kept of a server's text, in bytes.
const maxFound = 200

// LookupDeviation returns the row of the table with this id.
func LookupDeviation(id DeviationID) (Deviation, bool) {
	table := Deviations()
	i, ok := slices.BinarySearchFunc(table, id, func(d Deviation, id DeviationID) int { return cmp.Compare(d.ID, id) })
	if !ok {
		return Deviation{}, false
	}
	return table[i], true
}

// Deviated records that the server showed a deviation. It is safe for use by
// several goroutines.
func (w *Wire) Deviated(id DeviationID, found string) {
	row, ok := LookupDeviation(id)
	if !ok { // the caller's mistake, and no reason to fail
		row = Deviation{ID: id}
	}
	found = redactText(found)
	if len(found) > maxFound {
		found = strings.ToValidUTF8(found[:maxFound], "") + "…"
	}
	now := w.clock().UTC().Truncate(time.Second)
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.met[id]
	if m == nil {
		m = &met{MetDeviation{ID: id, Clause: row.Clause, What: row.What, Found: found}, row.Loud}
		w.met[id] = m
	}
	m.Count++
	m.Last = now
}

// deviated is [Wire.Deviated] with a format.
func (w *Wire) deviated(id DeviationID, format string, args ...any) {
	w.Deviated(id, fmt.Sprintf(format, args...))
}

// Deviations returns what the server showed so far, sorted by id.
func (w *Wire) Deviations() []MetDeviation {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]MetDeviation, 0, len(w.met))
	for _, id := range slices.Sorted(maps.Keys(w.met)) {
		list = append(list, w.met[id].MetDeviation)
	}
	return list
}

// Announce returns the deviations that are worth a warning, each once.
func (w *Wire) Announce() (list []MetDeviation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(w.met)) {
		if m := w.met[id]; m.unannounced {
			m.unannounced = false
			list = append(list, m.MetDeviation)
		}
	}
	return list
}

// MergeDeviations adds what was met now to what was met before. Clause and text
// are those of this program's table where it has the row.
func MergeDeviations(before, now []MetDeviation) []MetDeviation {
	all := make(map[DeviationID]MetDeviation, len(before)+len(now))
	for _, m := range slices.Concat(before, now) {
		if old, ok := all[m.ID]; ok {
			m.Found = old.Found
			m.Count += old.Count
			if m.Last.Before(old.Last) {
				m.Last = old.Last
			}
		}
		if row, ok := LookupDeviation(m.ID); ok {
			m.Clause, m.What = row.Clause, row.What
		}
		all[m.ID] = m
	}
	list := slices.AppendSeq(make([]MetDeviation, 0, len(all)), maps.Values(all)) // empty and not nil, for JSON
	slices.SortFunc(list, func(a, b MetDeviation) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
