package store

import "os"

func ownerOf(os.FileInfo) [2]int { return [2]int{} }
