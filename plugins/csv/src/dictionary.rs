//! The words for columns and lines, folded, in English, German and Norwegian with their usual abbreviations.

use crate::titles::Field;

/// What a folded word means.
pub fn known(folded: &str) -> Option<Field> {
    let mut slot = slot(folded.as_bytes());
    loop {
        // The index is never full, so the search ends at an empty slot at the latest.
        let (field, word) = (*INDEX.get(slot)?)?;
        if word == folded {
            return Some(field);
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// More than twice as many as words, so that most are found at once.
const SLOTS: usize = 2048;

/// The words by their hash, made by the compiler: a plugin starts anew for each file, and must not build it each time.
static INDEX: [Option<(Field, &str)>; SLOTS] = index();

#[expect(clippy::indexing_slicing, clippy::large_stack_arrays, reason = "by the compiler, and not at run time")]
const fn index() -> [Option<(Field, &'static str)>; SLOTS] {
    let mut index = [None; SLOTS];
    let mut list = 0;
    while list < WORDS.len() {
        let (field, words) = WORDS[list];
        let mut at = 0;
        while at < words.len() {
            let mut slot = slot(words[at].as_bytes());
            while index[slot].is_some() {
                slot = (slot + 1) % SLOTS;
            }
            index[slot] = Some((field, words[at]));
            at += 1;
        }
        list += 1;
    }
    index
}

/// FNV-1a.
#[expect(clippy::indexing_slicing, reason = "below the length; iterators are not for the compiler")]
const fn slot(word: &[u8]) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < word.len() {
        hash = (hash ^ word[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 16)) as usize % SLOTS
}

#[rustfmt::skip]
const WORDS: &[(Field, &[&str])] = &[
    (Field::SerialNumber, &[
        "serialnumber", "serialno", "serialnr", "serialnum", "serial", "sn", "sernr", "serno", "ser", "snr",
        "uutserialnumber", "uutserial", "uutsn", "uutid", "uut", "dutserialnumber", "dutserial", "dutsn", "dutid",
        "dut", "unitid", "unitserial", "unitserialnumber", "unitsn", "boardserialnumber", "boardserial", "boardsn",
        "boardid", "barcode", "deviceid", "deviceserial", "deviceserialnumber", "devicesn", "productserial",
        "productserialnumber", "productsn", "pcbserial", "pcbserialnumber", "pcbsn", "pcbasn", "moduleserial",
        "moduleserialnumber", "modulesn", "seriennummer", "seriennr", "serienno", "fabriknummer",
        "fabrikationsnummer", "pruefling", "prueflingsnummer", "prueflingsnr", "serienummer", "serienr",
    ]),
    (Field::PartNumber, &[
        "partnumber", "partno", "partnr", "partnum", "pn", "part", "uutpartnumber", "uutpn", "dutpartnumber",
        "dutpn", "productnumber", "productno", "product", "articlenumber", "articleno", "article", "itemnumber",
        "itemno", "materialnumber", "materialno", "material", "model", "modelnumber", "modelno", "assemblynumber",
        "assembly", "sku", "boardpartnumber", "artikelnummer", "artikelnr", "artikel", "artnr", "teilenummer",
        "teilenr", "sachnummer", "sachnr", "materialnummer", "materialnr", "produkt", "produktnummer", "produktnr",
        "erzeugnis", "delenummer", "delenr", "artikkelnummer", "artikkelnr", "artikkel", "varenummer", "varenr",
    ]),
    (Field::Revision, &[
        "revision", "rev", "partrevision", "partrev", "productrevision", "hwrevision", "hwrev", "hardwarerevision",
        "boardrevision", "revisjon", "aenderungsindex", "aenderungsstand", "revisionsstand",
    ]),
    (Field::Station, &[
        "station", "stationname", "stationid", "teststation", "teststationname", "tester", "testername",
        "testerid", "machine", "machinename", "computer", "computername", "host", "hostname", "pc", "pcname",
        "workstation", "testbench", "bench", "testrig", "rig", "pruefplatz", "pruefstation", "pruefstand",
        "maschine", "rechner", "arbeitsplatz", "pruefautomat", "teststasjon", "stasjon", "maskin", "testbenk",
    ]),
    (Field::Location, &[
        "location", "plant", "factory", "facility", "building", "standort", "werk", "lokasjon", "sted", "fabrikk",
    ]),
    (Field::Purpose, &[
        "purpose", "testpurpose", "zweck", "formaal",
    ]),
    (Field::Operator, &[
        "operator", "operatorname", "operatorid", "username", "user", "userid", "userloginname", "login",
        "loginname", "technician", "testedby", "inspector", "bediener", "pruefer", "benutzer", "mitarbeiter",
        "werker", "operatoer", "bruker", "brukernavn", "kontrolloer", "utfoertav", "testetav",
    ]),
    (Field::Process, &[
        "process", "processname", "processcode", "operation", "operationname", "operationcode", "operationtype",
        "operationtypecode", "testoperation", "testoperationcode", "teststage", "stage", "prozess", "prozesscode",
        "vorgang", "arbeitsgang", "prosess", "prosesskode", "operasjon", "testoperasjon",
    ]),
    (Field::Batch, &[
        "batch", "batchnumber", "batchno", "batchserialnumber", "batchsn", "batchid", "lot", "lotnumber", "lotno",
        "lotid", "workorder", "workordernumber", "workorderno", "wo", "ordernumber", "orderno", "order",
        "productionorder", "charge", "chargennummer", "chargennr", "los", "losnummer", "losnr", "auftrag",
        "auftragsnummer", "auftragsnr", "fertigungsauftrag", "parti", "partinummer", "partinr", "ordre",
        "ordrenummer", "ordrenr", "arbeidsordre", "produksjonsordre",
    ]),
    (Field::Fixture, &[
        "fixture", "fixtureid", "fixtureno", "fixturenumber", "jig", "jigid", "adapter", "adapterid",
        "vorrichtung", "pruefadapter", "aufnahme", "fikstur", "testfikstur",
    ]),
    (Field::Socket, &[
        "socket", "socketindex", "testsocket", "testsocketindex", "slot", "slotno", "slotnumber", "cavity", "site",
        "siteno", "sitenumber", "testsite", "nest", "nestno", "nestnummer", "steckplatz", "sokkel",
    ]),
    (Field::Start, &[
        "start", "starttime", "startdatetime", "starttimestamp", "startedat", "started", "begin", "begintime",
        "teststart", "teststarttime", "testbegin", "startzeit", "startzeitpunkt", "beginn", "pruefbeginn",
        "startdatumzeit", "starttid", "starttidspunkt",
    ]),
    (Field::StartDate, &[
        "startdate", "teststartdate", "startdatum", "startdato",
    ]),
    (Field::End, &[
        "end", "endtime", "enddatetime", "stop", "stoptime", "finished", "finishedat", "finishtime", "testend",
        "testendtime", "endzeit", "endzeitpunkt", "ende", "pruefende", "slutt", "sluttid", "slutttid",
        "slutttidspunkt",
    ]),
    (Field::Duration, &[
        "totaltime", "totaltesttime", "totalduration", "executiontime", "exectime", "testduration", "unittesttime",
        "uuttime", "gesamtzeit", "gesamtdauer", "gesamtpruefzeit", "totaltid",
    ]),
    (Field::UnitResult, &[
        "uutresult", "uutstatus", "unitresult", "unitstatus", "dutresult", "dutstatus", "overall", "overallresult",
        "overallstatus", "finalresult", "finalstatus", "totalresult", "totalstatus", "boardresult", "boardstatus",
        "reportresult", "reportstatus", "overallpassfail", "gesamtergebnis", "gesamtresultat", "gesamtstatus",
        "gesamturteil", "totalresultat", "sluttresultat", "samletresultat",
    ]),
    (Field::UnitErrorCode, &[
        "uuterrorcode", "uniterrorcode",
    ]),
    (Field::UnitErrorMessage, &[
        "uuterrormessage", "uniterrormessage",
    ]),
    (Field::Comment, &[
        "uutcomment", "unitcomment", "reportcomment",
    ]),
    (Field::SequenceName, &[
        "program", "programname", "testprogram", "testprogramname", "sequencename", "sequencefile", "testsequence",
        "testplan", "testplanname", "recipe", "script", "testscript", "pruefprogramm", "pruefplan", "programm",
        "testprogramm", "testsekvens", "sekvensnavn",
    ]),
    (Field::SequenceVersion, &[
        "programversion", "testprogramversion", "sequenceversion", "testversion", "testsoftwareversion",
        "scriptversion", "pruefprogrammversion", "programmversion", "sekvensversjon", "programversjon",
    ]),
    (Field::Group, &[
        "group", "groupname", "testgroup", "testgroupname", "sequence", "subsequence", "section", "category",
        "block", "suite", "testsuite", "gruppe", "pruefgruppe", "testgruppe", "abschnitt", "sequenz", "kategorie",
        "sekvens", "kategori", "seksjon",
    ]),
    (Field::Path, &[
        "path", "steppath", "testpath", "fullname", "fullpath", "hierarchy", "pfad", "schrittpfad", "sti",
        "stegsti",
    ]),
    (Field::StepGroup, &[
        "stepgroup",
    ]),
    (Field::Test, &[
        "test", "testname", "testcase", "testcasename", "testitem", "testdescription", "pruefung", "pruefname",
        "testnavn",
    ]),
    (Field::Step, &[
        "step", "stepname", "teststep", "teststepname", "name", "check", "pruefschritt", "schritt", "schrittname",
        "testschritt", "pruefpunkt", "steg", "stegnavn", "trinn", "testtrinn", "teststeg", "navn",
    ]),
    (Field::Parameter, &[
        "parameter", "parametername", "param", "measurementname", "measname", "characteristic", "feature",
        "quantity", "signal", "signalname", "testpoint", "messgroesse", "merkmal", "pruefmerkmal", "messpunkt",
        "maalepunkt", "egenskap",
    ]),
    (Field::Description, &[
        "description", "stepdescription", "bezeichnung", "benennung", "beschreibung", "beskrivelse", "item",
    ]),
    (Field::StepNumber, &[
        "stepnumber", "stepno", "stepnr", "stepid", "stepindex", "testnumber", "testno", "testnr", "testid", "no",
        "nr", "index", "rownumber", "schrittnummer", "schrittnr", "lfdnr", "stegnummer", "stegnr",
    ]),
    (Field::StepType, &[
        "type", "steptype", "testtype", "measurementtype", "meastype", "typ", "schritttyp", "testart",
    ]),
    (Field::Value, &[
        "value", "measuredvalue", "measvalue", "measured", "meas", "measuredval", "reading", "actual",
        "actualvalue", "testvalue", "numericvalue", "resultvalue", "val", "data", "messwert", "wert", "istwert",
        "ist", "gemessen", "messergebnis", "maaltverdi", "maaleverdi", "verdi", "maalt", "avlest",
    ]),
    (Field::Unit, &[
        "unit", "units", "uom", "unitofmeasure", "measurementunit", "measunit", "einheit", "einh", "enhet",
        "maaleenhet",
    ]),
    (Field::Low, &[
        "lowlimit", "lowerlimit", "lowlim", "lolim", "lolimit", "limitlow", "limitlo", "limitlower", "limlow",
        "limlo", "limitmin", "minlimit", "low", "lower", "lo", "ll", "lsl", "ltl", "min", "minimum", "minvalue",
        "lowerbound", "lowerspeclimit", "lowerspec", "untergrenze", "unteregrenze", "untererwert",
        "unterergrenzwert", "ug", "ugw", "mingrenze", "minwert", "minimalwert", "sollmin", "grenzemin",
        "nedregrense", "nedregrenseverdi", "nedre", "mingrense", "minverdi", "minste",
    ]),
    (Field::High, &[
        "highlimit", "higherlimit", "upperlimit", "highlim", "hilim", "hilimit", "uplim", "uplimit", "limithigh",
        "limithi", "limitupper", "limhigh", "limhi", "limitmax", "maxlimit", "high", "upper", "hi", "hl", "ul",
        "usl", "utl", "max", "maximum", "maxvalue", "upperbound", "upperspeclimit", "upperspec", "obergrenze",
        "oberegrenze", "obererwert", "oberergrenzwert", "og", "ogw", "maxgrenze", "maxwert", "maximalwert",
        "sollmax", "grenzemax", "oevregrense", "oevregrenseverdi", "oevre", "ovregrense", "ovre", "maxgrense",
        "maksgrense", "maks", "maksverdi", "maxverdi", "hoeyeste",
    ]),
    (Field::Limit, &[
        "limit", "limits", "range", "limitrange", "spec", "specification", "speclimits", "grenze", "grenzen",
        "grenzwert", "grenzwerte", "grense", "grenser", "grenseverdi", "grenseverdier",
    ]),
    (Field::Nominal, &[
        "nominal", "nominalvalue", "nom", "target", "targetvalue", "nennwert", "nominell", "nominellverdi",
    ]),
    (Field::Expected, &[
        "expected", "expectedvalue", "expectedresult", "referencevalue", "soll", "sollwert", "erwartet",
        "erwarteterwert", "referenzwert", "forventet", "forventetverdi", "skalverdi", "referanseverdi",
    ]),
    (Field::Tolerance, &[
        "tolerance", "tol", "toleranceplusminus", "tolplusminus", "plusminus", "plusminustol",
        "plusminustolerance", "toleranz", "toleranse",
    ]),
    (Field::TolerancePercent, &[
        "tolerancepercent", "tolpercent", "percenttol", "percenttolerance", "plusminuspercent", "toleranzpercent",
        "toleransepercent",
    ]),
    (Field::TolerancePlus, &[
        "toleranceplus", "tolplus", "plustol", "plustolerance", "uppertolerance", "uppertol", "oberetoleranz",
        "oevretoleranse", "toleranzplus",
    ]),
    (Field::ToleranceMinus, &[
        "toleranceminus", "tolminus", "minustol", "minustolerance", "lowertolerance", "lowertol", "unteretoleranz",
        "nedretoleranse", "toleranzminus",
    ]),
    (Field::Comparison, &[
        "comparison", "comparator", "compop", "comp", "compoperator", "comparisonoperator", "comparisontype",
        "limittype", "relation", "op", "vergleich", "vergleichsoperator", "sammenligning",
    ]),
    (Field::Status, &[
        "stepstatus", "stepresult", "teststepresult", "teststepstatus", "measurementstatus", "measstatus",
        "status", "passfail", "passorfail", "pf", "pass", "oknok", "okng", "judgement", "judgment", "judge",
        "evaluation", "verdict", "bewertung", "urteil", "ionio", "vurdering", "godkjent",
    ]),
    (Field::Result, &[
        "result", "testresult", "outcome", "teststatus", "ergebnis", "pruefergebnis", "resultat", "testresultat",
        "utfall", "testergebnis",
    ]),
    (Field::StepStart, &[
        "stepstart", "stepstarttime", "steptimestamp", "measurementtime", "messzeit", "messzeitpunkt",
    ]),
    (Field::StepTime, &[
        "steptime", "stepduration", "schrittdauer", "stegtid",
    ]),
    (Field::Elapsed, &[
        "duration", "elapsed", "elapsedtime", "runtime", "cycletime", "dauer", "pruefdauer", "testdauer",
        "laufzeit", "varighet", "testvarighet", "tidsbruk", "executionseconds",
    ]),
    (Field::When, &[
        "timestamp", "datetime", "dateandtime", "datetimestamp", "date", "time", "testdate", "testtime",
        "testdatetime", "dateoftest", "measuredat", "testedat", "utc", "datum", "zeit", "uhrzeit", "zeitstempel",
        "datumuhrzeit", "datumzeit", "datumundzeit", "pruefdatum", "pruefzeit", "testdatum", "dato", "tid",
        "tidspunkt", "klokkeslett", "datoogtid", "datotid", "tidsstempel", "testdato", "testtid",
    ]),
    (Field::StepErrorCode, &[
        "errorcode", "errcode", "failcode", "failurecode", "faultcode", "fehlercode", "fehlernummer", "feilkode",
    ]),
    (Field::StepErrorMessage, &[
        "errormessage", "errormsg", "errortext", "errordescription", "error", "failuremessage", "failuretext",
        "failurereason", "failreason", "fehlermeldung", "fehlertext", "feilmelding", "feiltekst",
    ]),
    (Field::ReportText, &[
        "comment", "comments", "remark", "remarks", "note", "notes", "reporttext", "message", "info", "kommentar",
        "bemerkung", "bemerkungen", "anmerkung", "hinweis", "merknad", "merknader",
    ]),
    (Field::Measured, &[
        "measurement", "messung", "maaling",
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_and_has_one_meaning() {
        let mut count = 0;
        for (field, words) in WORDS {
            for word in *words {
                assert_eq!(known(word), Some(*field), "{word}");
                assert_eq!(crate::titles::fold(word), *word, "a word is written as it is compared");
                count += 1;
            }
        }
        assert!(count * 2 < SLOTS, "{count}");
        assert_eq!(known(""), None);
        assert_eq!(known("nonsense"), None);
    }
}
