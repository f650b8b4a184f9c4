package certsource

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// exists reports whether a path leads to anything.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// readSource reads standard input or a file, to its end or to MaxSize.
func readSource(ctx context.Context, target string, o Options) ([]byte, error) {
	if target == "-" {
		if o.Stdin == nil {
			return nil, &ReadError{Name: target, Err: ErrNoStdin}
		}
		return readAll(ctx, target, o.Stdin)
	}
	info, err := os.Stat(target)
	if err != nil {
		return nil, &ReadError{Name: target, Err: cause(err)}
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, &ReadError{Name: target, Err: ErrDirectory}
	case mode&fs.ModeNamedPipe != 0:
		return readPipe(ctx, target)
	case !mode.IsRegular():
		return nil, &ReadError{Name: target, Err: ErrDevice}
	case info.Size() > MaxSize:
		return nil, &TooLargeError{Name: target, Size: info.Size()}
	}
	f, err := os.Open(target)
	if err != nil {
		return nil, &ReadError{Name: target, Err: cause(err)}
	}
	defer f.Close()
	return readAll(ctx, target, f)
}

// pipePoll is how often a pipe is looked at that nobody writes to yet.
const pipePoll = 20 * time.Millisecond

// readPipe reads a named pipe, as of a shell's <(command). Opening one waits
// for its writer beyond the reach of any context, so it is opened without
// waiting; until a writer is there, reading gives the end of the file at once.
func readPipe(ctx context.Context, target string) ([]byte, error) {
	f, err := os.OpenFile(target, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, &ReadError{Name: target, Err: cause(err)}
	}
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	tick := time.NewTicker(pipePoll)
	defer tick.Stop()
	for {
		data, err := readAll(ctx, target, f)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || len(data) > 0 {
			return data, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// readAll reads to the end, or to MaxSize, or until ctx ends between two reads.
func readAll(ctx context.Context, name string, r io.Reader) ([]byte, error) {
	var buf bytes.Buffer
	_, err := buf.ReadFrom(io.LimitReader(&untilDone{ctx, r}, MaxSize+1))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &ReadError{Name: name, Err: cause(err)}
	case buf.Len() > MaxSize:
		return nil, &TooLargeError{Name: name}
	}
	return buf.Bytes(), nil
}

// untilDone is a reader that ends with a context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// cause drops the call and path that package os puts before it.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
