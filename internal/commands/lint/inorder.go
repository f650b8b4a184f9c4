package lint

import (
	"context"
	"iter"
	"sync"
)

// inOrder has workers do work on each item at once, and calls use with what
// comes of it in the order of the items. Few items are under way at a time, so
// that memory does not grow with their number. Each worker is made by begin,
// whose second result ends it. The error is that of use, or the context's; all
// workers have ended when it returns.
func inOrder[I, O any](ctx context.Context, workers int, items iter.Seq[I], begin func() (work func(context.Context, I) O, end func()), use func(O) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	type job struct {
		item   I
		result chan O
	}
	jobs := make(chan job)
	order := make(chan job, 4*workers)
	running.Go(func() {
		defer close(jobs)
		defer close(order)
		for item := range items {
			j := job{item, make(chan O, 1)}
			for _, queue := range []chan job{order, jobs} {
				select {
				case queue <- j:
				case <-ctx.Done():
					return
				}
			}
		}
	})
	for range workers {
		running.Go(func() {
			work, end := begin()
			defer end()
			for j := range jobs {
				j.result <- work(ctx, j.item)
			}
		})
	}
	for j := range order {
		select {
		case result := <-j.result:
			if err := use(result); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}
