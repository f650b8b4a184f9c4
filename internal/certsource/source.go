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

// exists reports whether there is a file at path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// readSource reads standard input or a file, at most MaxSize bytes.
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

// pipePoll is how often a pipe without a writer is checked.
const pipePoll = 20 * time.Millisecond

// readPipe reads a named pipe, such as a shell's <(command). Opening a pipe blocks
// until it has a writer, and no context can end that. So it is opened in
// non-blocking mode, in which a read without a writer returns io.EOF at once.
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

// readAll reads at most MaxSize bytes. It checks ctx between two reads.
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

// untilDone is a reader that ends when its context does.
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

// cause removes the operation and path that package os adds to an error.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
