//! A part of a fleet: whole accounts and Regions, so that no two parts share a quota.

use std::collections::BTreeMap;

use super::check::{Checked, Lane};
use super::connections::Connections;
use super::manifest::Place;

/// One of several parts, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// The rows of a manifest that was checked that belong to the shard. The accounts and Regions are dealt out in turn, largest first, which
    /// comes out the same in every shard of the same manifest. Also gives how many accounts and Regions there are.
    pub fn part(self, checked: Checked, connections: &Connections) -> (Checked, usize) {
        let mut keys: BTreeMap<Place, u64> = BTreeMap::new();
        for lane in &checked.lanes {
            *keys.entry(known(&lane.place, connections)).or_default() += lane.keys;
        }
        let mut places: Vec<(Place, u64)> = keys.into_iter().collect();
        places.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let count = places.len();
        let mut loads = vec![0; self.of as usize];
        let mut mine = Vec::new();
        for (place, keys) in places {
            // The shard that has the least so far; the first of several.
            let least = loads.iter().enumerate().min_by_key(|(_, load)| **load).map_or(0, |(shard, _)| shard);
            loads[least] += keys;
            if least + 1 == self.number as usize {
                mine.push(place);
            }
        }
        let lanes: Vec<Lane> =
            checked.lanes.into_iter().filter(|lane| mine.contains(&known(&lane.place, connections))).collect();
        (Checked { lanes, ..checked }, count)
    }
}

/// Whether the keys of a place are worked on.
pub fn of_shard(checked: &Checked, place: &Place) -> bool {
    checked.lanes.iter().any(|lane| lane.place == *place)
}

/// Rows that name the Region of the configuration and rows that name none share its quotas.
fn known(place: &Place, connections: &Connections) -> Place {
    Place { region: connections.region_of(place), ..place.clone() }
}
