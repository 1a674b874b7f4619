//! The metadata of a made-up tomography scan.

use super::{ScanSpec, ScanValue};

/// A path and its value, the paths in the order of the instrument's own files.
type Entry = (&'static str, ScanValue);

/// The angle of a projection, in degrees, of half a turn.
#[allow(clippy::cast_precision_loss)] // a scan has some thousand projections
pub(super) fn angle(index: usize, projections: usize) -> f64 {
    180.0 * index as f64 / projections.max(1) as f64
}

pub(super) fn values(spec: &ScanSpec) -> Vec<Entry> {
    let groups = [
        sample(),
        instrument(spec),
        acquisition(spec),
        mosaic(),
        series(spec),
    ];
    groups.into_iter().flatten().collect()
}

fn text(text: &str) -> ScanValue {
    ScanValue::Text(text.to_owned())
}

fn number(number: f64) -> ScanValue {
    ScanValue::Number(number)
}

fn count(count: usize) -> ScanValue {
    ScanValue::Integer(i32::try_from(count).unwrap_or(i32::MAX))
}

fn sample() -> Vec<Entry> {
    vec![
        ("/measurement/instrument/instrument_name", text("Beamline 8.3.2")),
        ("/measurement/sample/experiment/beamline", text("bl832")),
        (
            "/measurement/sample/experiment/experiment_lead",
            text("Ada Example"),
        ),
        ("/measurement/sample/experiment/pi", text("Ben Example")),
        ("/measurement/sample/experiment/proposal", text("ALS-00832")),
        ("/measurement/sample/experimenter/email", text("ada@example.org")),
        ("/measurement/sample/experimenter/name", text("Ada Example")),
        (
            "/measurement/sample/file_name",
            text("20261122_120000_sandstone-core_3"),
        ),
    ]
}

fn instrument(spec: &ScanSpec) -> Vec<Entry> {
    vec![
        ("/measurement/instrument/attenuator/setup/filter_y", number(2.25)),
        (
            "/measurement/instrument/camera_motor_stack/setup/tilt_motor",
            number(0.5),
        ),
        (
            "/measurement/instrument/detection_system/objective/camera_objective",
            text("Mitutoyo 5x"),
        ),
        (
            "/measurement/instrument/detection_system/scintillator/scintillator_type",
            text("LuAG 50um"),
        ),
        ("/measurement/instrument/detector/binning_x", count(1)),
        ("/measurement/instrument/detector/binning_y", count(1)),
        ("/measurement/instrument/detector/dark_field_value", number(100.0)),
        ("/measurement/instrument/detector/delay_time", number(0.02)),
        ("/measurement/instrument/detector/dimension_x", count(spec.cols)),
        ("/measurement/instrument/detector/dimension_y", count(spec.rows)),
        ("/measurement/instrument/detector/model", text("PCO.edge")),
        ("/measurement/instrument/detector/pixel_size", number(0.001_29)),
        ("/measurement/instrument/detector/temperature", number(4.75)),
        ("/measurement/instrument/monochromator/setup/Z2", number(3.5)),
        ("/measurement/instrument/slits/setup/hslits_center", number(0.25)),
        ("/measurement/instrument/slits/setup/hslits_size", number(40.0)),
        (
            "/measurement/instrument/slits/setup/vslits_Lead_Flag",
            number(18.5),
        ),
        (
            "/measurement/instrument/source/source_name",
            text("Advanced Light Source"),
        ),
    ]
}

fn acquisition(spec: &ScanSpec) -> Vec<Entry> {
    vec![
        ("/process/acquisition/dark_fields/dark_num_avg_of", count(1)),
        (
            "/process/acquisition/dark_fields/num_dark_fields",
            count(spec.darks),
        ),
        ("/process/acquisition/flat_fields/i0_move_x", number(12.5)),
        ("/process/acquisition/flat_fields/i0_move_y", number(0.0)),
        ("/process/acquisition/flat_fields/i0cycle", count(0)),
        (
            "/process/acquisition/flat_fields/num_flat_fields",
            count(spec.flats),
        ),
        ("/process/acquisition/flat_fields/usebrightexpose", count(0)),
        ("/process/acquisition/name", text("Normal")),
        ("/process/acquisition/rotation/blur_limit", number(20.0)),
        ("/process/acquisition/rotation/multiRev", count(0)),
        ("/process/acquisition/rotation/nhalfCir", count(1)),
        (
            "/process/acquisition/rotation/num_angles",
            count(spec.projections),
        ),
        ("/process/acquisition/rotation/range", number(180.0)),
    ]
}

fn mosaic() -> Vec<Entry> {
    vec![
        ("/process/acquisition/mosaic/tile_xmovedist", number(0.0)),
        ("/process/acquisition/mosaic/tile_xnumimg", count(1)),
        ("/process/acquisition/mosaic/tile_xorig", number(0.0)),
        ("/process/acquisition/mosaic/tile_xoverlap", number(0.0)),
        ("/process/acquisition/mosaic/tile_ymovedist", number(0.0)),
        ("/process/acquisition/mosaic/tile_ynumimg", count(1)),
        ("/process/acquisition/mosaic/tile_yorig", number(0.0)),
        ("/process/acquisition/mosaic/tile_yoverlap", number(0.0)),
    ]
}

/// One value per projection: a motor that turns, others that stand.
fn series(spec: &ScanSpec) -> Vec<Entry> {
    const STANDING: [(&str, f64); 12] = [
        ("/measurement/instrument/sample_motor_stack/setup/axis2pos", 1.5),
        ("/measurement/instrument/sample_motor_stack/setup/sample_x", -2.0),
        ("/measurement/instrument/sample_motor_stack/setup/axis5pos", 7.25),
        (
            "/measurement/instrument/camera_motor_stack/setup/camera_elevation",
            10.0,
        ),
        ("/measurement/instrument/source/current", 500.0),
        (
            "/measurement/instrument/camera_motor_stack/setup/camera_distance",
            80.0,
        ),
        ("/measurement/instrument/source/beam_intensity_incident", 0.75),
        ("/measurement/instrument/monochromator/energy", 25_000.0),
        ("/measurement/instrument/detector/exposure_time", 0.1),
        ("/measurement/instrument/time_stamp", 1_795_348_800.0),
        ("/measurement/instrument/monochromator/setup/turret2", 4.0),
        ("/measurement/instrument/monochromator/setup/turret1", 3.0),
    ];
    let turning = (0..spec.projections)
        .map(|index| angle(index, spec.projections))
        .collect();
    let standing = STANDING
        .into_iter()
        .map(|(path, value)| (path, ScanValue::Series(vec![value; spec.projections])));
    let turning = (
        "/measurement/instrument/sample_motor_stack/setup/axis1pos",
        ScanValue::Series(turning),
    );
    std::iter::once(turning).chain(standing).collect()
}
