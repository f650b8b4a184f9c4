//go:build !windows

package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// replace renames a file over another in one step.
func replace(from, to string) error { return os.Rename(from, to) }

// keepOwner gives the file at path, which is to have the mode, the owner and
// group of another. Those that cannot be given are passed over where that takes
// the right to read from nobody.
func keepOwner(path string, mode os.FileMode, as os.FileInfo) error {
	now, err := os.Stat(path)
	if err != nil {
		return err
	}
	want, wantOK := as.Sys().(*syscall.Stat_t)
	got, gotOK := now.Sys().(*syscall.Stat_t)
	if !wantOK || !gotOK || want.Uid == got.Uid && want.Gid == got.Gid {
		return nil
	}
	err = os.Chown(path, int(want.Uid), int(want.Gid))
	if err != nil && mode&allRead == 0 && (want.Uid != got.Uid || as.Mode().Perm()&groupReads != 0) {
		return foreign(want)
	}
	return nil
}

func foreign(owner *syscall.Stat_t) error {
	return fmt.Errorf("it belongs to user %d and group %d, who could not read what replaces it: install as that user or as root, or take the file away first", owner.Uid, owner.Gid)
}

// allRead is the mode of what anyone may read.
const allRead = 0o004

// CheckReplaceable reports why [Install] could not replace the file at path by
// one of the mode, as it belongs to somebody else; nil: it could, or there is
// none.
func CheckReplaceable(path string, mode os.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if me := os.Geteuid(); ok && me != 0 && uint32(me) != owner.Uid && mode&allRead == 0 {
		return accessError("installing", path, foreign(owner))
	}
	return nil
}

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
