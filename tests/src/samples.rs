//! Files that are measured, in tests and benches alike.

use std::fmt::Write as _;

/// Rows of measurements of some units, as CSV.
pub fn csv(units: usize, steps: usize) -> String {
    let mut text = "serial_number,part_number,start,test_name,value,unit,low_limit,high_limit,status\n".to_owned();
    for unit in 0..units {
        for step in 0..steps {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let value = 4.9 + (unit * 7 + step * 13) as f64 % 0.2;
            // Writing to a String cannot fail.
            let _written =
                writeln!(text, "L7-{unit:06},LAMP-7,2026-05-04T08:15:30,Voltage {step},{value:.4},V,4.8,5.2,PASS");
        }
    }
    text
}
