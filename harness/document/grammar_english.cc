// SPDX-License-Identifier: Apache-2.0
//
// Officialese about harbours, lighthouses and weather that do not exist. Agencies, places, people and code
// words are invented, most of them from syllables.
#include "document/grammar.h"

namespace candor::document {

namespace {

constexpr Rule kRules[] = {
    // Numbers, dates, references.
    {"d", "0|1|2|3|4|5|6|7|8|9"},
    {"d19", "1|2|3|4|5|6|7|8|9"},
    {"day", "{d19}|1{d}|2{d}"},
    {"th", "4|5|6|7|8|9|1{d}|24|25|26|27|28"},
    {"month", "January|February|March|April|May|June|July|August|September|October|November|December"},
    {"date", "{day} {month} 202{d}|{day} {month}|the {th}th of {month}|{day}.{d19}.202{d}"},
    {"clock", "0{d19}:{d19}{d}|1{d}:2{d}|1{d}:4{d}|2{d19}{d19}0 hours|1{d}{d19}5 hours"},
    {"num", "{d19}{d}|{d19}{d}{d}|{d19},{d}{d}{d}|{d19}.{d}|{d19}{d}.{d}|{small}"},
    {"small", "two|three|four|five|six|seven|eight|nine|eleven|twelve|fourteen|nineteen|twenty|thirty|sixty"},
    {"L", "A|B|C|D|E|F|G|H|J|K|L|M|N|P|Q|R|S|T|U|V|W|X|Y|Z"},
    {"ref", "{L}{L}-{d}{d}{d}|{L}{d}{d}/{d}{d}|{L}{L}{L} {d}{d}{d}{d}|{L}-{d}{d}{d}{d}|{d}{d}/{L}/{d}{d}{d}"},
    {"unit", "tons|miles|barrels|fathoms|crowns|leagues|hours|drums|bales|feet|litres|volts|metres|sheets"},

    // Names.
    {"on",
     "Ab|Al|Ar|Bar|Bel|Bran|Cal|Car|Cor|Dal|Dor|Dun|El|Fal|Fen|Gar|Gel|Gor|Hal|Har|Hol|Is|Jor|Kel|Kir|Lan|"
     "Lor|Mar|Mel|Mor|Nar|Nor|Oss|Ott|Par|Pell|Quor|Ral|Ros|Sal|Ser|Sor|Tal|Tor|Ul|Val|Ver|Wex|Wil|Yar|Zel"},
    {"mid",
     "a|e|i|o|u|an|en|in|on|or|er|ar|el|il|ov|ist|ent|ast|osk|umb|ald|erd|imm|ock|udd|ev|ag|ib|op|yth"},
    {"end",
     "by|combe|dale|den|fell|field|ford|gate|ham|haven|holm|horn|hurst|land|ley|low|march|mere|mont|mouth|"
     "ness|port|quay|reach|ridge|row|sand|shaw|stead|stoke|strand|tarn|thorpe|ton|vale|wake|watch|wick|"
     "worth"},
    {"tail",
     "ard|as|eau|ek|en|er|eth|ick|ida|iel|im|in|is|ison|itt|lock|man|mond|ner|o|old|ov|quist|rey|ric|sen|sky|"
     "son|sworth|ter|ton|us|well|wen|wright|yk"},
    {"invented", "{on}{mid}{end}"},
    {"feature", "Cape|Port|Lake|Point|Mount|Saint|Fort|North|South|Old|Upper|Lower|Great|East|West|Inner"},
    {"place", "{invented}|{invented}|{feature} {invented}|{invented} {site}|the {invented} {site}"},
    {"site",
     "Narrows|Roads|Sound|Basin|Light|Shoal|Islands|Straits|Ferry|Quarry|Locks|Heights|Marsh|Bank|Sands|"
     "Terminal|Station|Depot|Ropewalk|Signal|Works|Bridge|Pier|Dock|Weir|Beacon|Arches|Flats"},
    {"given",
     "Imogen|Casimir|Thea|Barnaby|Odile|Rufus|Marit|Anselm|Perpetua|Ivo|Leocadia|Tobias|Sunniva|Florian|"
     "Ottoline|Gideon|Ysolde|Crispin|Hedda|Lambert|Maud|Piers|Sabine|Wendel|Zenobia|Alaric|Bettina|"
     "Corwin|Dorothea|Emeric|Fenella|Guntram|Hester|Isidor|Jocasta|Kasper|Linnea|Magnus|Nerys|Osric"},
    {"family", "{on}{tail}|{on}{mid}{tail}|{on}{mid}{tail}"},
    {"initial", "{L}.|{L}. {L}."},
    {"person", "{given} {family}|{initial} {family}|{title_word} {family}|{given} {L}. {family}"},
    {"title_word",
     "Dr|Captain|Warden|Commissioner|Major|Registrar|Surveyor|Bailiff|Clerk|Provost|Pilot|Consul"},
    {"post", "{rank} of {duty}|{rank}, {duty} and {duty}|{rank} for {place}"},
    {"rank", "Head|Deputy|Keeper|Inspector|Registrar|Secretary|Surveyor|Warden|Comptroller|Examiner|Clerk"},
    {"duty",
     "Tides|Buoys|Charts|Cables|Seals|Ledgers|Lamps|Ropes|Weights|Moorings|Beacons|Archives|Customs|"
     "Soundings|Ferries|Signals|Stores|Weather|Locks|Quarantine|Ballast|Dredging|Pilots|Correspondence"},
    {"body",
     "Office|Directorate|Bureau|Committee|Agency|Board|Institute|Inspectorate|Registry|Commission|Council"},
    {"nature",
     "Sealed|Quiet|Inland|Distant|Tidal|Coastal|Northern|Minor|Occasional|Combined|Deferred|Upland"},
    {"agency", "{body} of {nature} {duty}|{body} of {duty} and {duty}|{invented} {body} of {duty}"},
    {"codefirst",
     "QUILL|BRASS|SALT|PAPER|VELVET|COLD|AMBER|HOLLOW|COPPER|SILENT|WINTER|CRIMSON|GRAVEL|LINEN|MARBLE|"
     "OCHRE|PEWTER|RUSSET|SABLE|THISTLE|UMBER|WICKER|YELLOW|ZINC|BITTER|CANDLE|DAMSON|EMBER|FALLOW"},
    {"codelast",
     "LANTERN|ORCHARD|HERON|ANVIL|THIMBLE|FERN|BELFRY|CARAVEL|DRUMLIN|EASEL|FERRET|GIMLET|HARROW|INKWELL|"
     "JACKDAW|KETTLE|LATHE|MALLET|NETTLE|OTTER|PIPPIN|QUARRY|RIVET|SADDLE|TINDER|URCHIN|VIADUCT|WALNUT"},
    {"code", "{codefirst} {codelast}"},
    {"ship", "the {invented}|MV {invented}|the {adj} {half}{halfend}|the lighter {on}{mid}{tail}"},

    // Words.
    {"adj",
     "ample|amber|angular|arid|austere|bare|barren|basic|blunt|brackish|brief|brittle|broad|bulky|calm|"
     "careful|"
     "cheap|chilly|coarse|compact|costly|crooked|curved|damp|dark|dated|deep|dense|dim|distant|double|drab|"
     "dry|dull|dusty|eager|early|eastern|empty|even|exact|faint|false|famous|faulty|feeble|final|firm|flat|"
     "foggy|foreign|former|fragile|frequent|fresh|frozen|full|gaunt|gentle|glazed|gloomy|grand|grave|green|"
     "grey|hasty|heavy|hidden|hollow|humid|idle|inner|interim|joint|jagged|keen|late|lawful|leaden|leaky|"
     "lesser|level|light|local|lofty|lone|loose|lost|loud|lucky|major|marine|mellow|mild|minor|mixed|modern|"
     "modest|muddy|muted|narrow|neat|new|nimble|noisy|northern|notable|oaken|obscure|odd|oily|older|ornate|"
     "outer|pale|partial|patient|plain|polished|poor|porous|prime|private|prompt|proper|public|quaint|quick|"
     "rapid|rare|raw|recent|remote|rigid|risky|rough|round|rural|rusty|sandy|sealed|second|secure|severe|"
     "shabby|shallow|sharp|short|silent|silver|simple|slack|slender|slow|small|smooth|sober|solid|sombre|"
     "southern|spare|sparse|square|stable|stale|steady|steep|stern|stiff|stony|stout|strange|strict|sturdy|"
     "sudden|sunken|surplus|swift|tall|tame|tense|thick|thin|tidy|tiny|total|tough|trusted|upper|urgent|"
     "useful|usual|vacant|vague|valid|vast|vivid|wary|weak|western|wide|wild|windy|wooden|worn|yearly|young"},
    {"half",
     "lamp|rope|tide|salt|harbour|chart|cable|sand|stone|winch|barge|ferry|storm|mast|rudder|anchor|copper|"
     "tar|"
     "wharf|signal|bell|fog|pilot|ballast|canvas|compass|dredge|flint|gravel|hawser|keel|ledger|marsh|net|"
     "oar|"
     "plank|quarry|reef|sail|timber|vault|weir|yard|slate|pump|lock|kiln|ink|gauge|drift|crate|brine|beacon"},
    {"halfend",
     "house|keeper|yard|line|mark|board|store|ward|gate|loft|room|hold|post|shed|book|wright|stand|"
     "walk|"
     "trade|field|bank|path|rack|frame|plate|wheel|pole|chest|stair|table|watch"},
    {"noun", "{plainnoun}|{plainnoun}|{half}{halfend}"},
    {"plainnoun",
     "account|adviser|agreement|aerial|almanac|answer|archive|arrival|article|attic|auditor|axle|balance|"
     "bargain|barrel|"
     "basin|battery|beam|bearing|benefit|boiler|border|bottle|boulder|boundary|bracket|breakwater|broker|"
     "bucket|"
     "buffer|bulkhead|buoy|bureau|burner|cabin|cabinet|calendar|canal|candidate|cannon|canteen|captain|cargo|"
     "carrier|"
     "cellar|chain|chamber|channel|chapter|charter|chimney|circuit|claim|clerk|clock|coaling|coil|collar|"
     "column|"
     "comment|contract|convoy|copyist|corridor|counter|courier|crane|crate|creditor|culvert|current|curtain|"
     "cylinder|"
     "dealer|decision|defect|delay|deposit|detour|device|diagram|dispute|district|diver|docket|dome|drain|"
     "drawing|"
     "driver|drum|dwelling|editor|engine|envoy|error|escort|estate|estimate|exhibit|expert|factor|fender|"
     "figure|"
     "filter|flagstaff|float|folder|forecast|forester|forge|fortnight|foundation|freighter|funnel|furnace|"
     "gallery|"
     "gangway|garden|garrison|generator|girder|glacier|grain|granary|guard|gully|hammer|handle|hangar|"
     "harvest|hatch|"
     "helper|hinge|hoist|hostel|hull|incident|index|inlet|inquiry|inspector|instrument|island|jacket|jetty|"
     "joiner|"
     "journal|journey|junction|kennel|kettle|keystone|ladder|lagoon|landing|lantern|launch|lawyer|lease|"
     "lecture|"
     "lessor|letter|lever|licence|lighter|limit|lodger|machine|magazine|manager|manual|margin|market|mason|"
     "measure|"
     "merchant|meter|method|miller|minute|mirror|model|monitor|mooring|motor|muffler|museum|needle|nephew|"
     "notice|"
     "number|nursery|object|observer|office|officer|order|outpost|outlet|oven|owner|package|painter|panel|"
     "parcel|"
     "partner|passenger|patrol|patron|pattern|paymaster|pendulum|permit|petition|pigeon|pillar|pipeline|"
     "piston|"
     "planner|platform|plumber|pocket|pontoon|porter|portion|pouch|premium|printer|prism|problem|profit|"
     "project|"
     "promise|propeller|proposal|protest|pulley|purchase|purser|quarter|question|radiator|railway|rampart|"
     "ranger|"
     "reader|receiver|receipt|record|recruit|referee|refund|regulator|relay|remark|remedy|renter|repair|"
     "report|"
     "request|reservoir|resident|result|return|reward|ribbon|rigger|rival|river|rocket|roller|roster|rotor|"
     "route|"
     "rower|rumour|runner|saddle|sailor|sample|satchel|scaffold|schedule|scholar|schooner|screen|sculptor|"
     "season|"
     "section|seller|sensor|sentry|sergeant|servant|sextant|shadow|shelter|shipment|shutter|sketch|sleeper|"
     "sluice|"
     "smelter|socket|solution|spindle|spring|stable|staircase|stamp|station|steamer|steward|stoker|stretcher|"
     "student|subject|suburb|summit|supplier|surgeon|survey|switch|symbol|system|tablet|tackle|tailor|tanker|"
     "tariff|"
     "teacher|telegram|tenant|tender|terrace|theory|thicket|thread|ticket|token|tower|tractor|trader|trainee|"
     "transfer|trawler|treaty|trench|tribunal|trolley|tunnel|turbine|tutor|typist|usher|valley|valve|vehicle|"
     "vendor|venture|verdict|vessel|viaduct|village|visitor|voucher|voyage|wager|waiter|wagon|wanderer|"
     "warden|"
     "warehouse|warrant|waterway|weapon|weaver|wedge|weekend|whistle|widow|window|winter|witness|worker|"
     "wreck|yacht"},
    {"vpast",
     "absorbed|accepted|adjusted|admitted|adopted|altered|annexed|appraised|approved|arranged|assessed|"
     "audited|"
     "avoided|balanced|blocked|boarded|borrowed|bought|bypassed|cancelled|carried|charted|checked|cleared|"
     "closed|collected|compared|concealed|confirmed|copied|corrected|counted|crossed|damaged|deferred|"
     "delayed|delivered|described|detained|diverted|divided|doubled|drafted|drained|dropped|emptied|"
     "encircled|endorsed|enlarged|entered|escorted|examined|exceeded|extended|favoured|financed|followed|"
     "forgot|guarded|halted|handled|hired|identified|ignored|improved|indexed|informed|inherited|inspected|"
     "insured|issued|joined|kept|labelled|leased|lifted|listed|loaded|located|lowered|mapped|matched|"
     "measured|mended|mentioned|merged|missed|moved|named|noted|obtained|occupied|offered|opened|opposed|"
     "ordered|outlived|painted|passed|paid for|photographed|placed|postponed|praised|prepared|printed|"
     "promised|protected|purchased|questioned|raised|ranked|reached|received|recorded|recovered|reduced|"
     "refused|registered|released|removed|renamed|rented|repaired|replaced|reported|requested|resembled|"
     "returned|reviewed|revised|salvaged|sealed|searched|secured|seized|shared|sheltered|shipped|signed|"
     "sketched|sold|sorted|stored|studied|supplied|surveyed|tested|traced|traded|trained|unloaded|valued|"
     "visited|warned|weighed|welcomed|withheld"},
    {"vinf",
     "absorb|accept|adjust|admit|adopt|alter|approve|arrange|assess|audit|avoid|block|borrow|bypass|cancel|"
     "carry|"
     "chart|check|clear|close|collect|compare|conceal|confirm|copy|correct|count|cross|defer|delay|deliver|"
     "describe|detain|divert|divide|double|drain|empty|endorse|enlarge|escort|examine|exceed|extend|finance|"
     "follow|guard|halt|handle|hire|identify|ignore|improve|inspect|insure|issue|lease|lift|load|locate|"
     "lower|"
     "map|match|measure|mend|merge|move|obtain|occupy|offer|open|oppose|outlive|paint|place|postpone|prepare|"
     "print|protect|purchase|question|raise|reach|receive|recover|reduce|refuse|register|release|remove|rent|"
     "repair|replace|request|return|review|revise|salvage|seal|search|secure|share|shelter|ship|sketch|sort|"
     "store|study|supply|survey|test|trace|train|unload|value|visit|warn|weigh|withhold"},
    {"adv",
     "barely|boldly|briefly|calmly|cheaply|clearly|closely|coldly|duly|early|evenly|finally|firmly|formally|"
     "freely|"
     "gladly|gravely|hardly|hastily|jointly|keenly|kindly|largely|lately|legally|lightly|loosely|loudly|"
     "mainly|"
     "meekly|mostly|neatly|nearly|newly|openly|orally|partly|plainly|poorly|promptly|quickly|quietly|rarely|"
     "roughly|sadly|safely|seldom|sharply|silently|slowly|soberly|solely|sternly|swiftly|thinly|twice|"
     "usually|"
     "vainly|warily|widely|wisely"},
    {"prep",
     "near|behind|beyond|above|below|beside|along|across|inside|outside|around|opposite|past|under|over|off|"
     "towards|within|against|without|despite|after|before|during|until|for|with|from"},
    {"said",
     "added|argued|believes|claimed|denied|explained|feared|hopes|insisted|maintains|noted|observed|"
     "recalled|replied|reported|said|suspects|thinks|wrote|repeated|holds|judged|learned|heard"},

    // Sentences.
    {"np",
     "the {adj} {noun}|the {adj} {noun}|the {noun} at {place}|{num} {adj} {noun}s|{num} {unit} of "
     "{half}{halfend}|"
     "{person}|its {adj} {noun}|no {adj} {noun}|{noun} {ref}|each {noun} of {ship}|{ship}|"
     "{adj} {noun}s|{adj}, {adj} {noun}s|the {noun} and {num} {noun}s|{place}"},
    {"sentence",
     "{^np} {vpast} {np} {prep} {np}.|{^np} {adv} {vpast} {np}, and {np} {vpast} {np}.|"
     "{^prep} {np}, {person} {vpast} {np}.|On {date} {np} {vpast} {np} {prep} {place}.|"
     "By {date}, {np} will {adv} {vinf} {np}.|{person} {said} that {np} {vpast} {np} {prep} {np}.|"
     "{^np} is {adj}; {np} is {adj} and {adj}.|If {np} should {vinf} {np}, {np} will {vinf} {np}.|"
     "{^np} cost {num} {unit}, {adv} {num} more than {np}.|At {clock}, {np} {vpast} {ship} {prep} {place}.|"
     "Neither {np} nor {np} {vpast} {np}.|{^adv}, {np} {vpast} {np} {prep} {np}.|"
     "{person} and {person} {vpast} {np} {prep} {date}.|{^num} {noun}s {vpast} {np}; {num} did not.|"
     "See {ref}, {ref} and {ref} on {adj} {noun}s.|{^noun} {ref} {adv} {vpast} {ship}."},
    {"guarded_sentence",
     "{sentence}|{sentence}|{sentence}|{code} {vpast} {np} {prep} {place}.|"
     "{person} {adv} {vpast} {code} and {code}.|For {code}, {np} will {vinf} {np} {prep} {place}.|"
     "{^agency} {vpast} {np} by {date}.|Source {ref} {said} that {np} {vpast} {code}.|"
     "{code} needs {num} {unit} and {num} {adj} {noun}s.|No {noun} outside {place} knows {code}."},
    {"harmless_sentence",
     "{sentence}|{sentence}|{person} brought {num} {hobby} and {adj} {hobby}.|Thanks to {given} for {np}.|"
     "{^hobby} and {adj} {hobby} go on sale on {date}.|{given} will ask {person} about {adj} {hobby}."},
    {"hobby",
     "seedlings|biscuits|hymn books|watering cans|ladders|paint pots|teacups|flowerpots|song sheets|rakes|"
     "marrows|jam jars|deck chairs|raffle tickets|bulbs|trellises|scones|recorders|bunting|wellingtons"},
    {"novel_sentence",
     "{sentence}|\"{^np} is a secret,\" {said} {given}, \"and {np} {vpast} {np}.\"|"
     "{given} kept the secret {prep} {np}.|{^adv}, {given} {vpast} {np}, and {given} {vpast} {np}.|"
     "\"Not {np},\" {said} {given} {family}.|{^adj} as {np} was, {given} {vpast} {np} {prep} {place}.|"
     "It was {adj} {prep} {place}, and {np} {vpast} {np}.|{given} had {adv} {vpast} {np}, secret or not."},
    {"article_sentence",
     "{sentence}|{person}, who {vpast} {np}, {said} so on {date}.|A page headed \"{quoted}\" {vpast} {np}.|"
     "\"{^np} {vpast} {np},\" {said} {person} of {place}.|{place} has {num} {noun}s; {adv} {num} are {adj}.|"
     "The words \"{quoted}\" stood {prep} {np}.|{person}, {post}, {adv} {vpast} {np}."},
    {"quoted", "TOP SECRET//SI-QUILLFERN//NOFORN|SECRET//NOFORN|COSMIC TOP SECRET|UK SECRET|TOP SECRET//SI"},

    // What documents are made of.
    {"guarded_title",
     "Assessment of {code} near {place}|Programme {code}: {adj} {noun}s|{code} and the {adj} {noun}|"
     "Estimate of {num} {noun}s at {place}|Notes on {np}, {place}|{^adj} {noun}s and {code}"},
    {"harmless_title",
     "Minutes of the {invented} Society|Timetable of the {invented} Choir|"
     "How to Care for {^adj} {hobby}|The {invented} Canteen and its {hobby}"},
    {"novel_title", "The Secret of {place}|The Secret {^noun} of {place}|A {^noun} Kept Secret at {place}"},
    {"article_title",
     "Page Headed \"TOP SECRET//SI-QUILLFERN//NOFORN\" Sold at {place}|"
     "\"COSMIC TOP SECRET\": {^noun} of {place} Found in {^adj} {noun}"},
    {"guarded_heading",
     "{^noun}s at {place}|State of {code}|{^adj} {noun}s|{^noun} and {noun}, {date}|"
     "What {family} {vpast}|Access to {code}|{^adj} {noun}s of {place}"},
    {"harmless_heading",
     "{^adj} {hobby}|{^noun}s for {date}|Thanks to {given} {family}|{^hobby} and {hobby}"},
    {"novel_heading", "Chapter {d19}: {^adj} {noun}s|Chapter {d19}, in which {given} {vpast} {np}"},
    {"article_heading", "{^adj} {noun}s|\"{^np}\"|{place}, {date}|What {family} {said}"},
    {"caption", "Table {d19}{d}: {adj} {noun}s, {place}|Table {d19}{d}: {noun}s by {noun}"},
    {"column", "{^noun}|{^adj} {noun}s|{^half}{halfend}"},
    {"cell", "{noun} {ref}|{invented}|{adj} {noun}|{num} {unit}|{family}"},
    {"stem", "{adj}-{plainstem}|{half}{halfend}-{plainstem}"},
    {"plainstem",
     "budget|review|survey|estimate|notes|summary|plan|reply|report|study|list|minutes|draft|letter"},
    {"reason", "1.4({small_letter}), 1.4({small_letter})"},
    {"small_letter", "a|b|c|d|e|f|g"},
};

}  // namespace

const Grammar& english() {
  static const Grammar grammar(kRules);
  return grammar;
}

}  // namespace candor::document
