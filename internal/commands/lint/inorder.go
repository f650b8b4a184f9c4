package lint

import (
	"context"
	"iter"
	"sync"
)

// inOrder processes items in parallel and passes the results to use in the order of
// the items. At any time only a few items are in progress, so memory does not grow
// with their number. newWorker returns the work function of one worker and a function
// that ends the worker. inOrder returns the error of use or of the context, after all
// workers have ended.
func inOrder[I, O any](ctx context.Context, workers int, items iter.Seq[I], newWorker func() (work func(context.Context, I) O, end func()), use func(O) error) error {
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
			work, end := newWorker()
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
