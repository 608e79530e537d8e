//! Outside a component there is no host. The test kit puts one in its place for the duration of a run, on one thread.

use std::cell::RefCell;
use std::rc::Rc;

use crate::Violation;
use crate::bindings::wats::converter::lookup::{ProcessAnswer, ProductAnswer};
use crate::bindings::wats::converter::report as wire;
use crate::bindings::wats::converter::source::TextError;
use crate::bindings::wats::converter::station::Level;
use crate::scheduled::bindings::wats::converter::http::{HttpError, Request, Response};
use crate::scheduled::bindings::wats::converter::state::StateError;
use crate::{Asset, Attachment, Chart, Status, SubUnit};

/// A file of the run.
pub(crate) trait FileHost {
    fn name(&self) -> String;
    fn path(&self) -> String;
    fn size(&self) -> u64;
    fn modified(&self) -> String;
    fn read(&self, offset: u64, length: u32) -> Vec<u8>;
    fn text(&self, encoding: Option<&str>) -> Result<String, TextError>;
    /// Name and bytes, to attach them.
    fn attached(&self) -> (String, Vec<u8>);
}

/// One report being written.
pub(crate) trait UutHost {
    fn set_header(&mut self, header: &wire::UutHeader);
    fn open_sequence(&mut self, sequence: &wire::Sequence);
    fn close_sequence(&mut self, status: Option<Status>, duration: Option<f64>);
    fn add(&mut self, steps: &[wire::Step]);
    fn add_chart(&mut self, chart: &Chart);
    fn add_attachment(&mut self, attachment: &Attachment);
    fn add_result(&mut self, json: &str);
    fn attach(&mut self, attachment: &Attachment);
    fn attach_file(&mut self, file: &dyn FileHost, content_type: &str);
    fn add_misc_infos(&mut self, infos: &[wire::MiscInfo]);
    fn add_sub_units(&mut self, units: &[SubUnit]);
    fn add_assets(&mut self, assets: &[Asset]);
    fn add_data(&mut self, json: &str);
    fn finish(self: Box<Self>, status: Option<Status>) -> Result<String, Vec<Violation>>;
    fn discard(self: Box<Self>);
}

/// The station of the run.
pub(crate) trait Host {
    fn settings_json(&self) -> String;
    fn log(&self, level: Level, message: &str);
    fn progress(&self, fraction: f64);
    fn process_by_name(&self, name: &str) -> ProcessAnswer;
    fn product_by_part_number(&self, part_number: &str) -> ProductAnswer;
    fn open_uut(self: Rc<Self>, header: &wire::UutHeader) -> Box<dyn UutHost>;
    fn emit_json(&self, wsjf: &str, key: Option<&str>) -> Result<String, Vec<Violation>>;
    fn send(&self, request: &Request) -> Result<Response, HttpError>;
    fn state_keys(&self) -> Result<Vec<String>, StateError>;
    fn state_get(&self, key: &str) -> Result<Option<Vec<u8>>, StateError>;
    fn state_set(&self, key: &str, value: Option<&[u8]>) -> Result<(), StateError>;
}

thread_local! {
    // The one place where a converter's functions find their station in a test; in a component that place is the import.
    static CURRENT: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

/// Runs `body` with `host` as the station.
pub(crate) fn with<R>(host: Rc<dyn Host>, body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Rc<dyn Host>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _restore = Restore(CURRENT.replace(Some(host)));
    body()
}

fn current() -> Option<Rc<dyn Host>> {
    CURRENT.with_borrow(Clone::clone)
}

#[expect(clippy::panic, reason = "a mistake of whoever calls this outside a component and outside a test")]
fn required() -> Rc<dyn Host> {
    match current() {
        Some(host) => host,
        None => panic!("no station here: run the converter with wats_converter::testing::Run"),
    }
}

pub(crate) fn settings_json() -> String {
    required().settings_json()
}

pub(crate) fn log(level: Level, message: &str) {
    if let Some(host) = current() {
        host.log(level, message);
    }
}

pub(crate) fn progress(fraction: f64) {
    if let Some(host) = current() {
        host.progress(fraction);
    }
}

pub(crate) fn process_by_name(name: &str) -> ProcessAnswer {
    required().process_by_name(name)
}

pub(crate) fn product_by_part_number(part_number: &str) -> ProductAnswer {
    required().product_by_part_number(part_number)
}

pub(crate) fn emit_json(wsjf: &str, key: Option<&str>) -> Result<String, Vec<Violation>> {
    required().emit_json(wsjf, key)
}

pub(crate) fn send(request: &Request) -> Result<Response, HttpError> {
    required().send(request)
}

pub(crate) fn state_keys() -> Result<Vec<String>, StateError> {
    required().state_keys()
}

pub(crate) fn state_get(key: &str) -> Result<Option<Vec<u8>>, StateError> {
    required().state_get(key)
}

pub(crate) fn state_set(key: &str, value: &[u8]) -> Result<(), StateError> {
    required().state_set(key, Some(value))
}

pub(crate) fn state_delete(key: &str) -> Result<(), StateError> {
    required().state_set(key, None)
}

pub(crate) struct File(Rc<dyn FileHost>);

impl File {
    pub(crate) fn new(file: Rc<dyn FileHost>) -> Self {
        Self(file)
    }

    pub(crate) fn name(&self) -> String {
        self.0.name()
    }

    pub(crate) fn path(&self) -> String {
        self.0.path()
    }

    pub(crate) fn size(&self) -> u64 {
        self.0.size()
    }

    pub(crate) fn modified(&self) -> String {
        self.0.modified()
    }

    pub(crate) fn read(&self, offset: u64, length: u32) -> Vec<u8> {
        self.0.read(offset, length)
    }

    pub(crate) fn text(&self, encoding: Option<&str>) -> Result<String, TextError> {
        self.0.text(encoding)
    }
}

/// A writer. The methods take `&self` as the imported ones do.
pub(crate) struct Uut(RefCell<Box<dyn UutHost>>);

impl Uut {
    pub(crate) fn new(header: &wire::UutHeader) -> Self {
        Self(RefCell::new(required().open_uut(header)))
    }

    pub(crate) fn set_header(&self, header: &wire::UutHeader) {
        self.0.borrow_mut().set_header(header);
    }

    pub(crate) fn open_sequence(&self, sequence: &wire::Sequence) {
        self.0.borrow_mut().open_sequence(sequence);
    }

    pub(crate) fn close_sequence(&self, status: Option<Status>, duration: Option<f64>) {
        self.0.borrow_mut().close_sequence(status, duration);
    }

    pub(crate) fn add(&self, steps: &[wire::Step]) {
        self.0.borrow_mut().add(steps);
    }

    pub(crate) fn add_chart(&self, chart: &Chart) {
        self.0.borrow_mut().add_chart(chart);
    }

    pub(crate) fn add_attachment(&self, attachment: &Attachment) {
        self.0.borrow_mut().add_attachment(attachment);
    }

    pub(crate) fn add_result(&self, json: &str) {
        self.0.borrow_mut().add_result(json);
    }

    pub(crate) fn attach(&self, attachment: &Attachment) {
        self.0.borrow_mut().attach(attachment);
    }

    pub(crate) fn attach_file(&self, file: &File, content_type: &str) {
        self.0.borrow_mut().attach_file(&*file.0, content_type);
    }

    pub(crate) fn add_misc_infos(&self, infos: &[wire::MiscInfo]) {
        self.0.borrow_mut().add_misc_infos(infos);
    }

    pub(crate) fn add_sub_units(&self, units: &[SubUnit]) {
        self.0.borrow_mut().add_sub_units(units);
    }

    pub(crate) fn add_assets(&self, assets: &[Asset]) {
        self.0.borrow_mut().add_assets(assets);
    }

    pub(crate) fn add_data(&self, json: &str) {
        self.0.borrow_mut().add_data(json);
    }

    pub(crate) fn finish(writer: Self, status: Option<Status>) -> Result<String, Vec<Violation>> {
        writer.0.into_inner().finish(status)
    }

    pub(crate) fn discard(writer: Self) {
        writer.0.into_inner().discard();
    }
}
