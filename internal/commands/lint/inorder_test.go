package lint

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// numbers yields 0 to n-1 and counts how many were taken.
func numbers(n int, taken *atomic.Int64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			taken.Add(1)
			if !yield(i) {
				return
			}
		}
	}
}

func TestInOrder(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		var taken, ended atomic.Int64
		var got []int
		var mu sync.Mutex
		newWorker := func() (func(context.Context, int) int, func()) {
			return func(_ context.Context, i int) int {
				mu.Lock()
				defer mu.Unlock()
				return i * 2
			}, func() { ended.Add(1) }
		}
		err := inOrder(t.Context(), 3, numbers(n, &taken), newWorker, func(i int) error {
			got = append(got, i)
			if ahead := int(taken.Load()) - len(got); ahead > 3+4*3+2 {
				t.Errorf("%d items ahead of the last one used, want few", ahead)
			}
			return nil
		})
		want := make([]int, 0, n)
		for i := range n {
			want = append(want, i*2)
		}
		if err != nil || !slices.Equal(got, want) || ended.Load() != 3 {
			t.Errorf("%d items: got %d of them, %v, %d workers ended; want all in order and 3", n, len(got), err, ended.Load())
		}
	}
}

func TestInOrderEndsEarly(t *testing.T) {
	broken := errors.New("broken pipe")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, tt := range []struct {
		name string
		use  func(int) error
		want error
	}{
		{"use fails", func(i int) error {
			if i == 5 {
				return broken
			}
			return nil
		}, broken},
		{"context ends", func(i int) error {
			if i == 5 {
				cancel()
			}
			return nil
		}, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var taken atomic.Int64
			newWorker := func() (func(context.Context, int) int, func()) {
				return func(_ context.Context, i int) int { return i }, func() {}
			}
			if err := inOrder(ctx, 2, numbers(1_000_000, &taken), newWorker, tt.use); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if taken.Load() > 1000 {
				t.Errorf("%d items were taken after the end", taken.Load())
			}
		})
	}
}

func TestEachName(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"lines", "a.pem\n\nb c.pem\r\nlast", []string{"a.pem", "b c.pem", "last"}},
		{"NUL, as by find -print0", "a.pem\x00b\nc.pem\x00", []string{"a.pem", "b\nc.pem"}},
		{"empty", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			err := eachName(strings.NewReader(tt.in), func(name string) bool { got = append(got, name); return true })
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("eachName(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
		})
	}
	if err := eachName(strings.NewReader(strings.Repeat("x", maxPath+1)), func(string) bool { return true }); err == nil {
		t.Error("got no error for a line longer than the limit")
	}
}

// FuzzEachName guards that no list yields an empty name, or a name that contains the
// separator.
func FuzzEachName(f *testing.F) {
	f.Add("a.pem\nb.pem\r\n")
	f.Add("a\nb\x00c\x00")
	f.Add(strings.Repeat("x", maxPath+1))
	f.Fuzz(func(t *testing.T, list string) {
		end := "\n"
		if strings.Contains(list[:min(len(list), maxPath)], "\x00") {
			end = "\x00"
		}
		_ = eachName(strings.NewReader(list), func(name string) bool {
			if name == "" || len(name) > maxPath || strings.Contains(name, end) {
				t.Errorf("got name %.40q of %d bytes from a list with separator %q", name, len(name), end)
			}
			return true
		})
	})
}
