//go:build !windows

package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func (osCalls) rename(from, to string) error { return os.Rename(from, to) }

// keepOwner gives f the owner and group of another file. Where this user may not
// do that, it is an error only if somebody who could read the other file could
// not read f with the mode.
func keepOwner(f *os.File, mode os.FileMode, as os.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	want, wantOK := as.Sys().(*syscall.Stat_t)
	got, gotOK := now.Sys().(*syscall.Stat_t)
	if !wantOK || !gotOK || want.Uid == got.Uid && want.Gid == got.Gid {
		return nil
	}
	err = f.Chown(int(want.Uid), int(want.Gid))
	if err != nil && mode&allRead == 0 && (want.Uid != got.Uid || as.Mode().Perm()&groupReads != 0) {
		return foreign(want)
	}
	return nil
}

// foreign is the reason why a file of another user is not replaced.
func foreign(owner *syscall.Stat_t) error {
	return fmt.Errorf("it belongs to user %d and group %d, which could not read the new file: install as that user or as root, or remove the file first", owner.Uid, owner.Gid)
}

// RootOnly reports whether only root can use the file or directory at path.
func RootOnly(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && owner.Uid == 0 && info.Mode().Perm()&0o077 == 0
}

// allRead is the mode bit by which everybody may read a file.
const allRead = 0o004

// CheckReplaceable returns an [AccessError] when [Install] could not replace the
// file at path by one with the mode, because it belongs to another user. It
// returns nil when the file does not exist.
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

// syncDir makes the names in dir durable. Some file systems report that they
// cannot sync a directory; that is no error, as nothing else can be done there.
func (k disk) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = k.sync(d)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// CheckWritable returns an [AccessError] when this process cannot make files in
// the directory dir.
func CheckWritable(dir string) error {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return accessError("writing into", dir, err)
	}
	return nil
}
