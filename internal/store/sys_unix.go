//go:build !windows

package store

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// replace renames a file over another in one step.
func replace(from, to string) error { return os.Rename(from, to) }

// syncDir puts the names in dir on the disk. Some file systems cannot sync a
// directory and say so; there is nothing better to do on them.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// CheckWritable reports why no file can be made in the directory dir; nil: one
// can.
func CheckWritable(dir string) error {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return accessError("writing into", dir, err)
	}
	return nil
}
