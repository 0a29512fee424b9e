package dev.cairn.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Tells whether other hosts can reach the files of a file system. */
public enum FileSystemScope {
    THIS_HOST,
    OTHER_HOSTS,
    UNKNOWN;

    /** Names as in /proc/mounts. */
    private static final Set<String> LOCAL = Set.of(
            "ext2",
            "ext3",
            "ext4",
            "xfs",
            "btrfs",
            "zfs",
            "f2fs",
            "bcachefs",
            "jfs",
            "reiserfs",
            "nilfs2",
            "tmpfs",
            "ramfs",
            "overlay",
            "aufs",
            "ecryptfs",
            "vfat",
            "exfat",
            "ntfs3",
            "fuseblk");

    private static final Set<String> SHARED = Set.of(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "lustre",
            "gpfs",
            "beegfs",
            "ceph",
            "glusterfs",
            "afs",
            "pvfs2",
            "panfs",
            "wekafs",
            "ocfs2",
            "gfs2",
            "fuse.sshfs",
            "fuse.glusterfs",
            "fuse.ceph-fuse",
            "fuse.rclone");

    public static FileSystemScope of(Path path) throws IOException {
        return of(Files.getFileStore(path).type());
    }

    /** @param type as /proc/mounts names it */
    public static FileSystemScope of(String type) {
        return LOCAL.contains(type) ? THIS_HOST : SHARED.contains(type) ? OTHER_HOSTS : UNKNOWN;
    }
}
