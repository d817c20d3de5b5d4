//! File systems on which `SQLite`'s locks and shared memory do not hold.

use std::{io, path::Path};

/// Magic numbers of `statfs(2)`.
const NETWORK: &[(u32, &str)] = &[
    (0x0000_6969, "NFS"),
    (0x0000_517B, "SMB"),
    (0xFE53_4D42, "SMB2"),
    (0xFF53_4D42, "CIFS"),
    (0x0102_1997, "9p"),
    // Also what virtiofs, sshfs, GlusterFS, s3fs say; none of them can be told from a local one.
    (0x6573_5546, "FUSE or virtiofs"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x00C3_6400, "Ceph"),
    (0x7375_7245, "Coda"),
    (0x0000_564C, "NCP"),
    (0x7461_636F, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x0BD0_0BD0, "Lustre"),
    (0x1983_0326, "BeeGFS"),
    (0x4750_4653, "GPFS"),
    (0xAAD7_AAEA, "PanFS"),
    (0x786F_4256, "VirtualBox shared folder"),
    (0xBACB_ACBC, "VMware shared folder"),
];

/// What kind of network file system a path is on; `None` if it is a local one (or, outside Linux,
/// not known).
///
/// # Errors
/// The path cannot be asked, for instance because it does not exist.
pub fn network_file_system(path: &Path) -> io::Result<Option<&'static str>> {
    #[cfg(target_os = "linux")]
    {
        let answer = rustix::fs::statfs(path)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the magic number has 32 bits, in a field whose type differs by architecture"
        )]
        Ok(kind_of(answer.f_type as u32))
    }
    #[cfg(not(target_os = "linux"))]
    {
        path.metadata().map(|_| None)
    }
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux has statfs magic numbers")
)]
fn kind_of(magic: u32) -> Option<&'static str> {
    NETWORK
        .iter()
        .find(|&&(it, _)| it == magic)
        .map(|&(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_magic_numbers() {
        assert_eq!(kind_of(0x6969), Some("NFS"));
        assert_eq!(kind_of(0xFF53_4D42), Some("CIFS"));
        assert_eq!(kind_of(0x6573_5546), Some("FUSE or virtiofs"));
        assert_eq!(kind_of(0x0102_1997), Some("9p"));
    }

    #[test]
    fn local_file_systems_are_not_refused() {
        for ext4_xfs_btrfs_tmpfs_overlay in
            [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630]
        {
            assert_eq!(kind_of(ext4_xfs_btrfs_tmpfs_overlay), None);
        }
    }

    #[test]
    fn a_path_that_does_not_exist_is_an_error() {
        assert!(network_file_system(Path::new("/does/not/exist")).is_err());
    }
}
