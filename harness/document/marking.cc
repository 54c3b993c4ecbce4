// SPDX-License-Identifier: Apache-2.0
#include "document/marking.h"

namespace candor::document {

namespace {

const std::vector<std::string_view> kUsAuthority = {"Classified By: Director, Office of Harbour Statistics",
                                                    "Derived From: OHS Security Classification Guide 12-4",
                                                    "Declassify On: 20510930"};
const std::vector<std::string_view> kUkAuthority = {"Handling: to be kept and copied as the registry directs",
                                                    "Originator: Directorate of Tidal Affairs"};
const std::vector<std::string_view> kNatoAuthority = {"Copy No. 4 of 12",
                                                      "Originator: Allied Lighthouse Command, Annex B"};

}  // namespace

const std::vector<Marking>& all_markings() {
  static const std::vector<Marking> table = {
      {"none", "", "", "", {}},
      {"us/confidential", "CONFIDENTIAL//NOFORN", "(C//NF)", "(U)", kUsAuthority},
      {"us/secret", "SECRET//NOFORN", "(S//NF)", "(U)", kUsAuthority},
      {"us/top-secret", "TOP SECRET//SI-QUILLFERN//ORCON/NOFORN", "(TS//SI-QLF//OC/NF)", "(S//NF)",
       kUsAuthority},
      {"uk/official", "OFFICIAL", "", "", kUkAuthority},
      {"uk/official-sensitive", "OFFICIAL-SENSITIVE", "", "", kUkAuthority},
      {"uk/secret", "UK SECRET", "", "", kUkAuthority},
      {"uk/top-secret", "UK TOP SECRET - UK EYES ONLY", "", "", kUkAuthority},
      {"nato/restricted", "NATO RESTRICTED", "(NR)", "(NU)", kNatoAuthority},
      {"nato/confidential", "NATO CONFIDENTIAL", "(NC)", "(NR)", kNatoAuthority},
      {"nato/secret", "NATO SECRET", "(NS)", "(NC)", kNatoAuthority},
      {"nato/cosmic-top-secret", "COSMIC TOP SECRET", "(CTS)", "(NS)", kNatoAuthority},
  };
  return table;
}

const Marking* find_marking(std::string_view name) {
  for (const Marking& marking : all_markings())
    if (marking.name == name) return &marking;
  return nullptr;
}

}  // namespace candor::document
