package early

import "syscall"

// Which syscall does not have.
const madvPopulateRead = 22

// mapProgram has the system map the whole of the program's code, which lies in
// memory, in one call of 0.8 ms. Page by page, as it is run, is a fault of up to
// 25 µs for each 64 KB, and a short command runs through most of them. Should
// anything be otherwise than expected, nothing is gained and nothing is lost.
func mapProgram() {
	from, to, ok := code()
	if ok {
		_, _, _ = syscall.RawSyscall(syscall.SYS_MADVISE, from, to-from, madvPopulateRead)
	}
}

// code is where the program's code is: the first mapping of all.
func code() (from, to uintptr, ok bool) {
	fd, err := syscall.Open("/proc/self/maps", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, 0, false
	}
	defer func() { _ = syscall.Close(fd) }()
	line := make([]byte, len("0123456789abcdef-0123456789abcdef r-xp"))
	n, err := syscall.Read(fd, line)
	if err != nil {
		return 0, 0, false
	}
	return parseMapping(line[:n])
}

// parseMapping reads the start of a line of /proc/PID/maps, of code.
func parseMapping(line []byte) (from, to uintptr, ok bool) {
	from, line, ok = cutHex(line, '-')
	if ok {
		to, line, ok = cutHex(line, ' ')
	}
	return from, to, ok && from < to && len(line) >= 4 && string(line[:4]) == "r-xp"
}

// cutHex takes a number off the front, and what ends it.
func cutHex(text []byte, end byte) (n uintptr, rest []byte, ok bool) {
	for i, c := range text {
		switch {
		case c == end:
			return n, text[i+1:], i > 0
		case '0' <= c && c <= '9':
			n = n<<4 | uintptr(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uintptr(c-'a'+10)
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}
