//! What titles mean: the words for a column or a line above the table, in English, German and Norwegian.

/// What a column, or a line above the table, holds.
///
/// `Result`, `When`, `Elapsed`, `Operator`, `Measured` and `Limit` are words with more than one meaning; the layout
/// decides by what the cells hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the report")]
pub enum Field {
    SerialNumber,
    PartNumber,
    Revision,
    Station,
    Location,
    Purpose,
    /// The person; or a comparison, when the cells say so.
    Operator,
    Process,
    Batch,
    Fixture,
    Socket,
    /// Start of the unit's test.
    Start,
    StartDate,
    StartTime,
    End,
    /// Seconds that the unit's test took.
    Duration,
    /// Result of the whole unit.
    UnitResult,
    UnitErrorCode,
    UnitErrorMessage,
    Comment,
    SequenceName,
    SequenceVersion,
    Group,
    Path,
    /// Setup, main or cleanup.
    StepGroup,
    /// Outermost name of a step: test, test case.
    Test,
    /// Name of a step.
    Step,
    /// Innermost name of a step: measurement, parameter.
    Parameter,
    /// A name only where there is no other.
    Description,
    /// A number that counts the steps: says nothing that the order does not say.
    StepNumber,
    StepType,
    Value,
    Unit,
    Low,
    High,
    /// Both limits in a cell, or the only one.
    Limit,
    Nominal,
    Tolerance,
    TolerancePercent,
    TolerancePlus,
    ToleranceMinus,
    Comparison,
    /// Status of the step.
    Status,
    /// Seconds that the step took.
    StepTime,
    StepStart,
    StepErrorCode,
    StepErrorMessage,
    ReportText,
    /// Measurement or step name, by what the cells hold.
    Measured,
    /// Result of step or unit, or the value, by what the cells hold.
    Result,
    /// Date, time of day, or both.
    When,
    /// Seconds that a step or a unit took.
    Elapsed,
}

impl Field {
    /// Fields by the names used in settings.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("serial_number", Self::SerialNumber),
        ("part_number", Self::PartNumber),
        ("revision", Self::Revision),
        ("station", Self::Station),
        ("location", Self::Location),
        ("purpose", Self::Purpose),
        ("operator", Self::Operator),
        ("process", Self::Process),
        ("process_code", Self::Process),
        ("batch", Self::Batch),
        ("fixture", Self::Fixture),
        ("socket", Self::Socket),
        ("start", Self::Start),
        ("start_date", Self::StartDate),
        ("start_time", Self::StartTime),
        ("end", Self::End),
        ("duration", Self::Duration),
        ("result", Self::UnitResult),
        ("unit_error_code", Self::UnitErrorCode),
        ("unit_error_message", Self::UnitErrorMessage),
        ("comment", Self::Comment),
        ("sequence_name", Self::SequenceName),
        ("sequence_version", Self::SequenceVersion),
        ("group", Self::Group),
        ("path", Self::Path),
        ("step_group", Self::StepGroup),
        ("step_name", Self::Step),
        ("step_type", Self::StepType),
        ("value", Self::Value),
        ("unit", Self::Unit),
        ("low_limit", Self::Low),
        ("high_limit", Self::High),
        ("limit", Self::Limit),
        ("nominal", Self::Nominal),
        ("tolerance", Self::Tolerance),
        ("tolerance_percent", Self::TolerancePercent),
        ("tolerance_plus", Self::TolerancePlus),
        ("tolerance_minus", Self::ToleranceMinus),
        ("comparison", Self::Comparison),
        ("status", Self::Status),
        ("step_time", Self::StepTime),
        ("step_start", Self::StepStart),
        ("error_code", Self::StepErrorCode),
        ("error_message", Self::StepErrorMessage),
        ("report_text", Self::ReportText),
    ];

    /// The name used in settings, or what the title says, for messages.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, field)| *field == self).map_or("step_name", |(name, _)| name)
    }

    /// True for what belongs to a unit and not to a step.
    pub fn of_unit(self) -> bool {
        self <= Self::SequenceVersion
    }
}

/// A title as it is compared: letters and digits in lower case, with the signs that mean something spelt out.
pub fn fold(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    let mut rest = title.trim();
    // "Tol -" and "Tol +" are two columns.
    let minus = rest.len() > 1 && rest.ends_with('-') && !rest.ends_with("/-");
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("+/-") {
            out.push_str("plusminus");
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            'ä' | 'Ä' | 'æ' | 'Æ' => out.push_str("ae"),
            'ö' | 'Ö' | 'ø' | 'Ø' => out.push_str("oe"),
            'ü' | 'Ü' => out.push_str("ue"),
            'å' | 'Å' => out.push_str("aa"),
            'ß' => out.push_str("ss"),
            'é' | 'É' => out.push('e'),
            '+' => out.push_str("plus"),
            '±' => out.push_str("plusminus"),
            '%' => out.push_str("percent"),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    if minus && !out.is_empty() {
        out.push_str("minus");
    }
    out
}

/// A title without its last bracket, and what stood in it: `Vcc [V]` is `Vcc` and `V`.
pub fn split_bracket(title: &str) -> (&str, Option<&str>) {
    let title = title.trim();
    for (open, close) in [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')] {
        if let Some(inner) = title.strip_suffix(close)
            && let Some((before, inside)) = inner.rsplit_once(open)
            && !before.trim().is_empty()
        {
            return (before.trim(), Some(inside.trim()));
        }
    }
    (title, None)
}

/// What a title means, with or without its bracket.
pub fn field(title: &str) -> Option<Field> {
    if title.len() > 80 {
        return None;
    }
    let folded = fold(title);
    if let Some(field) = known(&folded) {
        return Some(field);
    }
    let (before, inside) = split_bracket(title);
    inside.and_then(|_| known(&fold(before)))
}

/// The field that a setting names.
pub fn setting_field(name: &str) -> Option<Field> {
    let folded = fold(name);
    Field::NAMES.iter().find(|(known, _)| fold(known) == folded).map(|(_, field)| *field).or_else(|| known(&folded))
}

fn known(folded: &str) -> Option<Field> {
    use Field as F;
    Some(match folded {
        "serialnumber" | "serialno" | "serialnr" | "serialnum" | "serial" | "sn" | "sernr" | "serno" | "ser" | "snr"
        | "uutserialnumber" | "uutserial" | "uutsn" | "uutid" | "uut" | "dutserialnumber" | "dutserial" | "dutsn" | "dutid"
        | "dut" | "unitid" | "unitserial" | "unitserialnumber" | "unitsn" | "boardserialnumber" | "boardserial" | "boardsn"
        | "boardid" | "barcode" | "deviceid" | "deviceserial" | "deviceserialnumber" | "devicesn" | "productserial"
        | "productserialnumber" | "productsn" | "pcbserial" | "pcbserialnumber" | "pcbsn" | "pcbasn" | "moduleserial"
        | "moduleserialnumber" | "modulesn" | "seriennummer" | "seriennr" | "serienno" | "fabriknummer" | "fabrikationsnummer"
        | "pruefling" | "prueflingsnummer" | "prueflingsnr" | "serienummer" | "serienr" => F::SerialNumber,
        "partnumber" | "partno" | "partnr" | "partnum" | "pn" | "part" | "uutpartnumber" | "uutpn" | "dutpartnumber" | "dutpn"
        | "productnumber" | "productno" | "product" | "articlenumber" | "articleno" | "article" | "itemnumber" | "itemno"
        | "materialnumber" | "materialno" | "material" | "model" | "modelnumber" | "modelno" | "assemblynumber" | "assembly"
        | "sku" | "boardpartnumber" | "artikelnummer" | "artikelnr" | "artikel" | "artnr" | "teilenummer" | "teilenr"
        | "sachnummer" | "sachnr" | "materialnummer" | "materialnr" | "produkt" | "produktnummer" | "produktnr" | "erzeugnis"
        | "delenummer" | "delenr" | "artikkelnummer" | "artikkelnr" | "artikkel" | "varenummer" | "varenr" => F::PartNumber,
        "revision" | "rev" | "partrevision" | "partrev" | "productrevision" | "hwrevision" | "hwrev" | "hardwarerevision"
        | "boardrevision" | "revisjon" | "aenderungsindex" | "aenderungsstand" | "revisionsstand" => F::Revision,
        "station" | "stationname" | "stationid" | "teststation" | "teststationname" | "tester" | "testername" | "testerid"
        | "machine" | "machinename" | "computer" | "computername" | "host" | "hostname" | "pc" | "pcname" | "workstation"
        | "testbench" | "bench" | "testrig" | "rig" | "pruefplatz" | "pruefstation" | "pruefstand" | "maschine" | "rechner"
        | "arbeitsplatz" | "pruefautomat" | "teststasjon" | "stasjon" | "maskin" | "testbenk" => F::Station,
        "location" | "plant" | "factory" | "facility" | "building" | "standort" | "werk" | "lokasjon" | "sted" | "fabrikk" => {
            F::Location
        }
        "purpose" | "testpurpose" | "zweck" | "formaal" => F::Purpose,
        "operator" | "operatorname" | "operatorid" | "username" | "user" | "userid" | "userloginname" | "login" | "loginname"
        | "technician" | "testedby" | "inspector" | "bediener" | "pruefer" | "benutzer" | "mitarbeiter" | "werker"
        | "operatoer" | "bruker" | "brukernavn" | "kontrolloer" | "utfoertav" | "testetav" => F::Operator,
        "process" | "processname" | "processcode" | "operation" | "operationname" | "operationcode" | "operationtype"
        | "operationtypecode" | "testoperation" | "testoperationcode" | "teststage" | "stage" | "prozess" | "prozesscode"
        | "vorgang" | "arbeitsgang" | "prosess" | "prosesskode" | "operasjon" | "testoperasjon" => F::Process,
        "batch" | "batchnumber" | "batchno" | "batchserialnumber" | "batchsn" | "batchid" | "lot" | "lotnumber" | "lotno"
        | "lotid" | "workorder" | "workordernumber" | "workorderno" | "wo" | "ordernumber" | "orderno" | "order"
        | "productionorder" | "charge" | "chargennummer" | "chargennr" | "los" | "losnummer" | "losnr" | "auftrag"
        | "auftragsnummer" | "auftragsnr" | "fertigungsauftrag" | "parti" | "partinummer" | "partinr" | "ordre"
        | "ordrenummer" | "ordrenr" | "arbeidsordre" | "produksjonsordre" => F::Batch,
        "fixture" | "fixtureid" | "fixtureno" | "fixturenumber" | "jig" | "jigid" | "adapter" | "adapterid" | "vorrichtung"
        | "pruefadapter" | "aufnahme" | "fikstur" | "testfikstur" => F::Fixture,
        "socket" | "socketindex" | "testsocket" | "testsocketindex" | "slot" | "slotno" | "slotnumber" | "cavity" | "site"
        | "siteno" | "sitenumber" | "testsite" | "nest" | "nestno" | "nestnummer" | "steckplatz" | "sokkel" => F::Socket,
        "start" | "starttime" | "startdatetime" | "starttimestamp" | "startedat" | "started" | "begin" | "begintime"
        | "teststart" | "teststarttime" | "testbegin" | "startzeit" | "startzeitpunkt" | "beginn" | "pruefbeginn"
        | "startdatumzeit" | "starttid" | "starttidspunkt" => F::Start,
        "startdate" | "teststartdate" | "startdatum" | "startdato" => F::StartDate,
        "end" | "endtime" | "enddatetime" | "stop" | "stoptime" | "finished" | "finishedat" | "finishtime" | "testend"
        | "testendtime" | "endzeit" | "endzeitpunkt" | "ende" | "pruefende" | "slutt" | "sluttid" | "slutttid"
        | "slutttidspunkt" => F::End,
        "totaltime" | "totaltesttime" | "totalduration" | "executiontime" | "exectime" | "testduration" | "unittesttime"
        | "uuttime" | "gesamtzeit" | "gesamtdauer" | "gesamtpruefzeit" | "totaltid" => F::Duration,
        "uutresult" | "uutstatus" | "unitresult" | "unitstatus" | "dutresult" | "dutstatus" | "overall" | "overallresult"
        | "overallstatus" | "finalresult" | "finalstatus" | "totalresult" | "totalstatus" | "boardresult" | "boardstatus"
        | "reportresult" | "reportstatus" | "overallpassfail" | "gesamtergebnis" | "gesamtresultat" | "gesamtstatus"
        | "gesamturteil" | "totalresultat" | "sluttresultat" | "samletresultat" => F::UnitResult,
        "uuterrorcode" | "uniterrorcode" => F::UnitErrorCode,
        "uuterrormessage" | "uniterrormessage" => F::UnitErrorMessage,
        "uutcomment" | "unitcomment" | "reportcomment" => F::Comment,
        "program" | "programname" | "testprogram" | "testprogramname" | "sequencename" | "sequencefile" | "testsequence"
        | "testplan" | "testplanname" | "recipe" | "script" | "testscript" | "pruefprogramm" | "pruefplan" | "programm"
        | "testprogramm" | "testsekvens" | "sekvensnavn" => F::SequenceName,
        "programversion" | "testprogramversion" | "sequenceversion" | "testversion" | "testsoftwareversion" | "scriptversion"
        | "pruefprogrammversion" | "programmversion" | "sekvensversjon" | "programversjon" => F::SequenceVersion,
        "group" | "groupname" | "testgroup" | "testgroupname" | "sequence" | "subsequence" | "section" | "category" | "block"
        | "suite" | "testsuite" | "gruppe" | "pruefgruppe" | "testgruppe" | "abschnitt" | "sequenz" | "kategorie" | "sekvens"
        | "kategori" | "seksjon" => F::Group,
        "path" | "steppath" | "testpath" | "fullname" | "fullpath" | "hierarchy" | "pfad" | "schrittpfad" | "sti" | "stegsti" => {
            F::Path
        }
        "stepgroup" => F::StepGroup,
        "test" | "testname" | "testcase" | "testcasename" | "testitem" | "testdescription" | "pruefung" | "pruefname"
        | "testnavn" => F::Test,
        "step" | "stepname" | "teststep" | "teststepname" | "name" | "check" | "pruefschritt" | "schritt" | "schrittname"
        | "testschritt" | "pruefpunkt" | "steg" | "stegnavn" | "trinn" | "testtrinn" | "teststeg" | "navn" => F::Step,
        "parameter" | "parametername" | "param" | "measurementname" | "measname" | "characteristic" | "feature" | "quantity"
        | "signal" | "signalname" | "testpoint" | "messgroesse" | "merkmal" | "pruefmerkmal" | "messpunkt" | "maalepunkt"
        | "egenskap" => F::Parameter,
        "description" | "stepdescription" | "bezeichnung" | "benennung" | "beschreibung" | "beskrivelse" | "item" => {
            F::Description
        }
        "stepnumber" | "stepno" | "stepnr" | "stepid" | "stepindex" | "testnumber" | "testno" | "testnr" | "testid" | "no" | "nr"
        | "index" | "rownumber" | "schrittnummer" | "schrittnr" | "lfdnr" | "stegnummer" | "stegnr" => F::StepNumber,
        "type" | "steptype" | "testtype" | "measurementtype" | "meastype" | "typ" | "schritttyp" | "testart" => F::StepType,
        "value" | "measuredvalue" | "measvalue" | "measured" | "meas" | "measuredval" | "reading" | "actual" | "actualvalue"
        | "testvalue" | "numericvalue" | "resultvalue" | "val" | "data" | "messwert" | "wert" | "istwert" | "ist" | "gemessen"
        | "messergebnis" | "maaltverdi" | "maaleverdi" | "verdi" | "maalt" | "avlest" => F::Value,
        "unit" | "units" | "uom" | "unitofmeasure" | "measurementunit" | "measunit" | "einheit" | "einh" | "enhet"
        | "maaleenhet" => F::Unit,
        "lowlimit" | "lowerlimit" | "lowlim" | "lolim" | "lolimit" | "limitlow" | "limitlo" | "limitlower" | "limlow" | "limlo"
        | "limitmin" | "minlimit" | "low" | "lower" | "lo" | "ll" | "lsl" | "ltl" | "min" | "minimum" | "minvalue" | "lowerbound"
        | "lowerspeclimit" | "lowerspec" | "untergrenze" | "unteregrenze" | "untererwert" | "unterergrenzwert" | "ug" | "ugw"
        | "mingrenze" | "minwert" | "minimalwert" | "sollmin" | "grenzemin" | "nedregrense" | "nedregrenseverdi" | "nedre"
        | "mingrense" | "minverdi" | "minste" => F::Low,
        "highlimit" | "higherlimit" | "upperlimit" | "highlim" | "hilim" | "hilimit" | "uplim" | "uplimit" | "limithigh"
        | "limithi" | "limitupper" | "limhigh" | "limhi" | "limitmax" | "maxlimit" | "high" | "upper" | "hi" | "hl" | "ul"
        | "usl" | "utl" | "max" | "maximum" | "maxvalue" | "upperbound" | "upperspeclimit" | "upperspec" | "obergrenze"
        | "oberegrenze" | "obererwert" | "oberergrenzwert" | "og" | "ogw" | "maxgrenze" | "maxwert" | "maximalwert" | "sollmax"
        | "grenzemax" | "oevregrense" | "oevregrenseverdi" | "oevre" | "ovregrense" | "ovre" | "maxgrense" | "maksgrense"
        | "maks" | "maksverdi" | "maxverdi" | "hoeyeste" => F::High,
        "limit" | "limits" | "range" | "limitrange" | "spec" | "specification" | "speclimits" | "grenze" | "grenzen"
        | "grenzwert" | "grenzwerte" | "grense" | "grenser" | "grenseverdi" | "grenseverdier" => F::Limit,
        "nominal" | "nominalvalue" | "nom" | "expected" | "expectedvalue" | "target" | "targetvalue" | "soll" | "sollwert"
        | "nennwert" | "nominell" | "nominellverdi" | "forventet" | "forventetverdi" | "skalverdi" => F::Nominal,
        "tolerance" | "tol" | "toleranceplusminus" | "tolplusminus" | "plusminus" | "plusminustol" | "plusminustolerance"
        | "toleranz" | "toleranse" => F::Tolerance,
        "tolerancepercent" | "tolpercent" | "percenttol" | "percenttolerance" | "plusminuspercent" | "toleranzpercent"
        | "toleransepercent" => F::TolerancePercent,
        "toleranceplus" | "tolplus" | "plustol" | "plustolerance" | "uppertolerance" | "uppertol" | "oberetoleranz"
        | "oevretoleranse" | "toleranzplus" => F::TolerancePlus,
        "toleranceminus" | "tolminus" | "minustol" | "minustolerance" | "lowertolerance" | "lowertol" | "unteretoleranz"
        | "nedretoleranse" | "toleranzminus" => F::ToleranceMinus,
        "comparison" | "comparator" | "compop" | "comp" | "compoperator" | "comparisonoperator" | "comparisontype" | "limittype"
        | "relation" | "op" | "vergleich" | "vergleichsoperator" | "sammenligning" => F::Comparison,
        "stepstatus" | "stepresult" | "teststepresult" | "teststepstatus" | "measurementstatus" | "measstatus" | "status"
        | "passfail" | "passorfail" | "pf" | "pass" | "oknok" | "okng" | "judgement" | "judgment" | "judge" | "evaluation"
        | "verdict" | "bewertung" | "urteil" | "ionio" | "vurdering" | "godkjent" => F::Status,
        "result" | "testresult" | "outcome" | "teststatus" | "ergebnis" | "pruefergebnis" | "resultat" | "testresultat"
        | "utfall" | "testergebnis" => F::Result,
        "stepstart" | "stepstarttime" | "steptimestamp" | "measurementtime" | "messzeit" | "messzeitpunkt" => F::StepStart,
        "steptime" | "stepduration" | "schrittdauer" | "stegtid" => F::StepTime,
        "duration" | "elapsed" | "elapsedtime" | "runtime" | "cycletime" | "dauer" | "pruefdauer" | "testdauer" | "laufzeit"
        | "varighet" | "testvarighet" | "tidsbruk" | "executionseconds" => F::Elapsed,
        "timestamp" | "datetime" | "dateandtime" | "datetimestamp" | "date" | "time" | "testdate" | "testtime"
        | "testdatetime" | "dateoftest" | "measuredat" | "testedat" | "utc" | "datum" | "zeit" | "uhrzeit" | "zeitstempel"
        | "datumuhrzeit" | "datumzeit" | "datumundzeit" | "pruefdatum" | "pruefzeit" | "testdatum" | "dato" | "tid"
        | "tidspunkt" | "klokkeslett" | "datoogtid" | "datotid" | "tidsstempel" | "testdato" | "testtid" => F::When,
        "errorcode" | "errcode" | "failcode" | "failurecode" | "faultcode" | "fehlercode" | "fehlernummer" | "feilkode" => {
            F::StepErrorCode
        }
        "errormessage" | "errormsg" | "errortext" | "errordescription" | "error" | "failuremessage" | "failuretext"
        | "failurereason" | "failreason" | "fehlermeldung" | "fehlertext" | "feilmelding" | "feiltekst" => F::StepErrorMessage,
        "comment" | "comments" | "remark" | "remarks" | "note" | "notes" | "reporttext" | "message" | "info" | "kommentar"
        | "bemerkung" | "bemerkungen" | "anmerkung" | "hinweis" | "merknad" | "merknader" => F::ReportText,
        "measurement" | "messung" | "maaling" => F::Measured,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_known_in_three_languages_and_in_their_abbreviations() {
        for (title, expected) in [
            ("Serial Number", Field::SerialNumber),
            ("S/N", Field::SerialNumber),
            ("Serial #:", Field::SerialNumber),
            ("serial_no", Field::SerialNumber),
            ("Seriennummer", Field::SerialNumber),
            ("Serienr.", Field::SerialNumber),
            ("P/N", Field::PartNumber),
            ("Artikkelnummer", Field::PartNumber),
            ("Prüfschritt", Field::Step),
            ("Målt verdi", Field::Value),
            ("Øvre grense", Field::High),
            ("Untere Grenze", Field::Low),
            ("LSL", Field::Low),
            ("Value [V]", Field::Value),
            ("Tol +", Field::TolerancePlus),
            ("Tol -", Field::ToleranceMinus),
            ("+/-", Field::Tolerance),
            ("Tol. [%]", Field::TolerancePercent),
            ("Gesamtergebnis", Field::UnitResult),
            ("Operatør", Field::Operator),
        ] {
            assert_eq!(field(title), Some(expected), "{title}");
        }
        for title in ["", "Vcc", "Speaker 1", "R12"] {
            assert_eq!(field(title), None, "{title}");
        }
    }

    #[test]
    fn every_name_of_a_field_in_the_settings_is_read() {
        for (name, expected) in Field::NAMES {
            assert_eq!(setting_field(name), Some(*expected), "{name}");
            assert_eq!(setting_field(&name.replace('_', "-")), Some(*expected), "{name}");
        }
        assert_eq!(setting_field("nonsense"), None);
    }
}
