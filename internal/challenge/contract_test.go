package challenge

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"testing"
)

func typeName(v any) string { return reflect.TypeOf(v).String() }

// TestContract holds every solver to what Solver promises.
func TestContract(t *testing.T) {
	for name, newSolver := range map[string]func(t *testing.T) Solver{
		"listener": func(t *testing.T) Solver {
			l := NewListener("127.0.0.1:0")
			t.Cleanup(func() { l.Close() })
			return l
		},
		"webroot":   func(t *testing.T) Solver { return NewWebroot(t.TempDir()) },
		"published": func(*testing.T) Solver { return Published{} },
		"token":     func(*testing.T) Solver { return &TKAuth{Source: &fakeSource{}} },
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newSolver(t), testChallenge()
			p := mustPlan(t, s, c)

			// A journalled placement is the same after a round trip.
			data, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var saved Placement
			if err := json.Unmarshal(data, &saved); err != nil || !reflect.DeepEqual(saved, p) {
				t.Errorf("placement through JSON: got %+v, %v, want %+v", saved, err, p)
			}
			if err := s.CleanUp(t.Context(), p); err != nil {
				t.Errorf("CleanUp before Present: %v", err)
			}
			for range 2 {
				if err := s.Present(t.Context(), c, p); err != nil {
					t.Errorf("Present: %v", err)
				}
			}
			// Another process cleans up with the saved placement alone, and
			// then this one finds nothing left. Its context has ended.
			other, err := ForPlacement(saved)
			if err != nil {
				t.Fatalf("ForPlacement: %v", err)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			for _, cleaner := range []Solver{other, s, s} {
				if err := cleaner.CleanUp(ended, saved); err != nil {
					t.Errorf("CleanUp: %v", err)
				}
			}
			if err := s.Present(t.Context(), c, p); err != nil {
				t.Errorf("Present after CleanUp: %v", err)
			}
			if err := s.CleanUp(t.Context(), p); err != nil {
				t.Errorf("CleanUp: %v", err)
			}
		})
		t.Run(name+" at once", func(t *testing.T) {
			s := newSolver(t)
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					c := testChallenge()
					c.Token = fmt.Sprintf("token-%d", i)
					c.KeyAuthorization = c.Token + ".thumb"
					for range 5 {
						p, err := s.Plan(c)
						if err == nil {
							err = s.Present(context.Background(), c, p)
						}
						if err == nil {
							err = s.CleanUp(context.Background(), p)
						}
						if err != nil {
							t.Errorf("challenge %d: %v", i, err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
