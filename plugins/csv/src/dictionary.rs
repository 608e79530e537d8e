//! The words for columns and lines, folded, in English, German and Norwegian with their usual abbreviations.

use crate::titles::Field;

/// What a folded word means.
pub fn known(folded: &str) -> Option<Field> {
    use Field as F;
    Some(match folded {
        "serialnumber"
        | "serialno"
        | "serialnr"
        | "serialnum"
        | "serial"
        | "sn"
        | "sernr"
        | "serno"
        | "ser"
        | "snr"
        | "uutserialnumber"
        | "uutserial"
        | "uutsn"
        | "uutid"
        | "uut"
        | "dutserialnumber"
        | "dutserial"
        | "dutsn"
        | "dutid"
        | "dut"
        | "unitid"
        | "unitserial"
        | "unitserialnumber"
        | "unitsn"
        | "boardserialnumber"
        | "boardserial"
        | "boardsn"
        | "boardid"
        | "barcode"
        | "deviceid"
        | "deviceserial"
        | "deviceserialnumber"
        | "devicesn"
        | "productserial"
        | "productserialnumber"
        | "productsn"
        | "pcbserial"
        | "pcbserialnumber"
        | "pcbsn"
        | "pcbasn"
        | "moduleserial"
        | "moduleserialnumber"
        | "modulesn"
        | "seriennummer"
        | "seriennr"
        | "serienno"
        | "fabriknummer"
        | "fabrikationsnummer"
        | "pruefling"
        | "prueflingsnummer"
        | "prueflingsnr"
        | "serienummer"
        | "serienr" => F::SerialNumber,
        "partnumber" | "partno" | "partnr" | "partnum" | "pn" | "part" | "uutpartnumber" | "uutpn"
        | "dutpartnumber" | "dutpn" | "productnumber" | "productno" | "product" | "articlenumber" | "articleno"
        | "article" | "itemnumber" | "itemno" | "materialnumber" | "materialno" | "material" | "model"
        | "modelnumber" | "modelno" | "assemblynumber" | "assembly" | "sku" | "boardpartnumber" | "artikelnummer"
        | "artikelnr" | "artikel" | "artnr" | "teilenummer" | "teilenr" | "sachnummer" | "sachnr"
        | "materialnummer" | "materialnr" | "produkt" | "produktnummer" | "produktnr" | "erzeugnis" | "delenummer"
        | "delenr" | "artikkelnummer" | "artikkelnr" | "artikkel" | "varenummer" | "varenr" => F::PartNumber,
        "revision" | "rev" | "partrevision" | "partrev" | "productrevision" | "hwrevision" | "hwrev"
        | "hardwarerevision" | "boardrevision" | "revisjon" | "aenderungsindex" | "aenderungsstand"
        | "revisionsstand" => F::Revision,
        "station" | "stationname" | "stationid" | "teststation" | "teststationname" | "tester" | "testername"
        | "testerid" | "machine" | "machinename" | "computer" | "computername" | "host" | "hostname" | "pc"
        | "pcname" | "workstation" | "testbench" | "bench" | "testrig" | "rig" | "pruefplatz" | "pruefstation"
        | "pruefstand" | "maschine" | "rechner" | "arbeitsplatz" | "pruefautomat" | "teststasjon" | "stasjon"
        | "maskin" | "testbenk" => F::Station,
        "location" | "plant" | "factory" | "facility" | "building" | "standort" | "werk" | "lokasjon" | "sted"
        | "fabrikk" => F::Location,
        "purpose" | "testpurpose" | "zweck" | "formaal" => F::Purpose,
        "operator" | "operatorname" | "operatorid" | "username" | "user" | "userid" | "userloginname" | "login"
        | "loginname" | "technician" | "testedby" | "inspector" | "bediener" | "pruefer" | "benutzer"
        | "mitarbeiter" | "werker" | "operatoer" | "bruker" | "brukernavn" | "kontrolloer" | "utfoertav"
        | "testetav" => F::Operator,
        "process" | "processname" | "processcode" | "operation" | "operationname" | "operationcode"
        | "operationtype" | "operationtypecode" | "testoperation" | "testoperationcode" | "teststage" | "stage"
        | "prozess" | "prozesscode" | "vorgang" | "arbeitsgang" | "prosess" | "prosesskode" | "operasjon"
        | "testoperasjon" => F::Process,
        "batch" | "batchnumber" | "batchno" | "batchserialnumber" | "batchsn" | "batchid" | "lot" | "lotnumber"
        | "lotno" | "lotid" | "workorder" | "workordernumber" | "workorderno" | "wo" | "ordernumber" | "orderno"
        | "order" | "productionorder" | "charge" | "chargennummer" | "chargennr" | "los" | "losnummer" | "losnr"
        | "auftrag" | "auftragsnummer" | "auftragsnr" | "fertigungsauftrag" | "parti" | "partinummer" | "partinr"
        | "ordre" | "ordrenummer" | "ordrenr" | "arbeidsordre" | "produksjonsordre" => F::Batch,
        "fixture" | "fixtureid" | "fixtureno" | "fixturenumber" | "jig" | "jigid" | "adapter" | "adapterid"
        | "vorrichtung" | "pruefadapter" | "aufnahme" | "fikstur" | "testfikstur" => F::Fixture,
        "socket" | "socketindex" | "testsocket" | "testsocketindex" | "slot" | "slotno" | "slotnumber" | "cavity"
        | "site" | "siteno" | "sitenumber" | "testsite" | "nest" | "nestno" | "nestnummer" | "steckplatz"
        | "sokkel" => F::Socket,
        "start" | "starttime" | "startdatetime" | "starttimestamp" | "startedat" | "started" | "begin"
        | "begintime" | "teststart" | "teststarttime" | "testbegin" | "startzeit" | "startzeitpunkt" | "beginn"
        | "pruefbeginn" | "startdatumzeit" | "starttid" | "starttidspunkt" => F::Start,
        "startdate" | "teststartdate" | "startdatum" | "startdato" => F::StartDate,
        "end" | "endtime" | "enddatetime" | "stop" | "stoptime" | "finished" | "finishedat" | "finishtime"
        | "testend" | "testendtime" | "endzeit" | "endzeitpunkt" | "ende" | "pruefende" | "slutt" | "sluttid"
        | "slutttid" | "slutttidspunkt" => F::End,
        "totaltime" | "totaltesttime" | "totalduration" | "executiontime" | "exectime" | "testduration"
        | "unittesttime" | "uuttime" | "gesamtzeit" | "gesamtdauer" | "gesamtpruefzeit" | "totaltid" => F::Duration,
        "uutresult" | "uutstatus" | "unitresult" | "unitstatus" | "dutresult" | "dutstatus" | "overall"
        | "overallresult" | "overallstatus" | "finalresult" | "finalstatus" | "totalresult" | "totalstatus"
        | "boardresult" | "boardstatus" | "reportresult" | "reportstatus" | "overallpassfail" | "gesamtergebnis"
        | "gesamtresultat" | "gesamtstatus" | "gesamturteil" | "totalresultat" | "sluttresultat" | "samletresultat" => {
            F::UnitResult
        }
        "uuterrorcode" | "uniterrorcode" => F::UnitErrorCode,
        "uuterrormessage" | "uniterrormessage" => F::UnitErrorMessage,
        "uutcomment" | "unitcomment" | "reportcomment" => F::Comment,
        "program" | "programname" | "testprogram" | "testprogramname" | "sequencename" | "sequencefile"
        | "testsequence" | "testplan" | "testplanname" | "recipe" | "script" | "testscript" | "pruefprogramm"
        | "pruefplan" | "programm" | "testprogramm" | "testsekvens" | "sekvensnavn" => F::SequenceName,
        "programversion"
        | "testprogramversion"
        | "sequenceversion"
        | "testversion"
        | "testsoftwareversion"
        | "scriptversion"
        | "pruefprogrammversion"
        | "programmversion"
        | "sekvensversjon"
        | "programversjon" => F::SequenceVersion,
        "group" | "groupname" | "testgroup" | "testgroupname" | "sequence" | "subsequence" | "section" | "category"
        | "block" | "suite" | "testsuite" | "gruppe" | "pruefgruppe" | "testgruppe" | "abschnitt" | "sequenz"
        | "kategorie" | "sekvens" | "kategori" | "seksjon" => F::Group,
        "path" | "steppath" | "testpath" | "fullname" | "fullpath" | "hierarchy" | "pfad" | "schrittpfad" | "sti"
        | "stegsti" => F::Path,
        "stepgroup" => F::StepGroup,
        "test" | "testname" | "testcase" | "testcasename" | "testitem" | "testdescription" | "pruefung"
        | "pruefname" | "testnavn" => F::Test,
        "step" | "stepname" | "teststep" | "teststepname" | "name" | "check" | "pruefschritt" | "schritt"
        | "schrittname" | "testschritt" | "pruefpunkt" | "steg" | "stegnavn" | "trinn" | "testtrinn" | "teststeg"
        | "navn" => F::Step,
        "parameter" | "parametername" | "param" | "measurementname" | "measname" | "characteristic" | "feature"
        | "quantity" | "signal" | "signalname" | "testpoint" | "messgroesse" | "merkmal" | "pruefmerkmal"
        | "messpunkt" | "maalepunkt" | "egenskap" => F::Parameter,
        "description" | "stepdescription" | "bezeichnung" | "benennung" | "beschreibung" | "beskrivelse" | "item" => {
            F::Description
        }
        "stepnumber" | "stepno" | "stepnr" | "stepid" | "stepindex" | "testnumber" | "testno" | "testnr" | "testid"
        | "no" | "nr" | "index" | "rownumber" | "schrittnummer" | "schrittnr" | "lfdnr" | "stegnummer" | "stegnr" => {
            F::StepNumber
        }
        "type" | "steptype" | "testtype" | "measurementtype" | "meastype" | "typ" | "schritttyp" | "testart" => {
            F::StepType
        }
        "value" | "measuredvalue" | "measvalue" | "measured" | "meas" | "measuredval" | "reading" | "actual"
        | "actualvalue" | "testvalue" | "numericvalue" | "resultvalue" | "val" | "data" | "messwert" | "wert"
        | "istwert" | "ist" | "gemessen" | "messergebnis" | "maaltverdi" | "maaleverdi" | "verdi" | "maalt"
        | "avlest" => F::Value,
        "unit" | "units" | "uom" | "unitofmeasure" | "measurementunit" | "measunit" | "einheit" | "einh" | "enhet"
        | "maaleenhet" => F::Unit,
        "lowlimit" | "lowerlimit" | "lowlim" | "lolim" | "lolimit" | "limitlow" | "limitlo" | "limitlower"
        | "limlow" | "limlo" | "limitmin" | "minlimit" | "low" | "lower" | "lo" | "ll" | "lsl" | "ltl" | "min"
        | "minimum" | "minvalue" | "lowerbound" | "lowerspeclimit" | "lowerspec" | "untergrenze" | "unteregrenze"
        | "untererwert" | "unterergrenzwert" | "ug" | "ugw" | "mingrenze" | "minwert" | "minimalwert" | "sollmin"
        | "grenzemin" | "nedregrense" | "nedregrenseverdi" | "nedre" | "mingrense" | "minverdi" | "minste" => F::Low,
        "highlimit" | "higherlimit" | "upperlimit" | "highlim" | "hilim" | "hilimit" | "uplim" | "uplimit"
        | "limithigh" | "limithi" | "limitupper" | "limhigh" | "limhi" | "limitmax" | "maxlimit" | "high" | "upper"
        | "hi" | "hl" | "ul" | "usl" | "utl" | "max" | "maximum" | "maxvalue" | "upperbound" | "upperspeclimit"
        | "upperspec" | "obergrenze" | "oberegrenze" | "obererwert" | "oberergrenzwert" | "og" | "ogw"
        | "maxgrenze" | "maxwert" | "maximalwert" | "sollmax" | "grenzemax" | "oevregrense" | "oevregrenseverdi"
        | "oevre" | "ovregrense" | "ovre" | "maxgrense" | "maksgrense" | "maks" | "maksverdi" | "maxverdi"
        | "hoeyeste" => F::High,
        "limit" | "limits" | "range" | "limitrange" | "spec" | "specification" | "speclimits" | "grenze"
        | "grenzen" | "grenzwert" | "grenzwerte" | "grense" | "grenser" | "grenseverdi" | "grenseverdier" => F::Limit,
        "nominal" | "nominalvalue" | "nom" | "expected" | "expectedvalue" | "target" | "targetvalue" | "soll"
        | "sollwert" | "nennwert" | "nominell" | "nominellverdi" | "forventet" | "forventetverdi" | "skalverdi" => {
            F::Nominal
        }
        "tolerance" | "tol" | "toleranceplusminus" | "tolplusminus" | "plusminus" | "plusminustol"
        | "plusminustolerance" | "toleranz" | "toleranse" => F::Tolerance,
        "tolerancepercent" | "tolpercent" | "percenttol" | "percenttolerance" | "plusminuspercent"
        | "toleranzpercent" | "toleransepercent" => F::TolerancePercent,
        "toleranceplus" | "tolplus" | "plustol" | "plustolerance" | "uppertolerance" | "uppertol" | "oberetoleranz"
        | "oevretoleranse" | "toleranzplus" => F::TolerancePlus,
        "toleranceminus" | "tolminus" | "minustol" | "minustolerance" | "lowertolerance" | "lowertol"
        | "unteretoleranz" | "nedretoleranse" | "toleranzminus" => F::ToleranceMinus,
        "comparison" | "comparator" | "compop" | "comp" | "compoperator" | "comparisonoperator" | "comparisontype"
        | "limittype" | "relation" | "op" | "vergleich" | "vergleichsoperator" | "sammenligning" => F::Comparison,
        "stepstatus" | "stepresult" | "teststepresult" | "teststepstatus" | "measurementstatus" | "measstatus"
        | "status" | "passfail" | "passorfail" | "pf" | "pass" | "oknok" | "okng" | "judgement" | "judgment"
        | "judge" | "evaluation" | "verdict" | "bewertung" | "urteil" | "ionio" | "vurdering" | "godkjent" => F::Status,
        "result" | "testresult" | "outcome" | "teststatus" | "ergebnis" | "pruefergebnis" | "resultat"
        | "testresultat" | "utfall" | "testergebnis" => F::Result,
        "stepstart" | "stepstarttime" | "steptimestamp" | "measurementtime" | "messzeit" | "messzeitpunkt" => {
            F::StepStart
        }
        "steptime" | "stepduration" | "schrittdauer" | "stegtid" => F::StepTime,
        "duration" | "elapsed" | "elapsedtime" | "runtime" | "cycletime" | "dauer" | "pruefdauer" | "testdauer"
        | "laufzeit" | "varighet" | "testvarighet" | "tidsbruk" | "executionseconds" => F::Elapsed,
        "timestamp" | "datetime" | "dateandtime" | "datetimestamp" | "date" | "time" | "testdate" | "testtime"
        | "testdatetime" | "dateoftest" | "measuredat" | "testedat" | "utc" | "datum" | "zeit" | "uhrzeit"
        | "zeitstempel" | "datumuhrzeit" | "datumzeit" | "datumundzeit" | "pruefdatum" | "pruefzeit" | "testdatum"
        | "dato" | "tid" | "tidspunkt" | "klokkeslett" | "datoogtid" | "datotid" | "tidsstempel" | "testdato"
        | "testtid" => F::When,
        "errorcode" | "errcode" | "failcode" | "failurecode" | "faultcode" | "fehlercode" | "fehlernummer"
        | "feilkode" => F::StepErrorCode,
        "errormessage" | "errormsg" | "errortext" | "errordescription" | "error" | "failuremessage" | "failuretext"
        | "failurereason" | "failreason" | "fehlermeldung" | "fehlertext" | "feilmelding" | "feiltekst" => {
            F::StepErrorMessage
        }
        "comment" | "comments" | "remark" | "remarks" | "note" | "notes" | "reporttext" | "message" | "info"
        | "kommentar" | "bemerkung" | "bemerkungen" | "anmerkung" | "hinweis" | "merknad" | "merknader" => {
            F::ReportText
        }
        "measurement" | "messung" | "maaling" => F::Measured,
        _ => return None,
    })
}
