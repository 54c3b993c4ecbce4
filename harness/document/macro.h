// SPDX-License-Identifier: Apache-2.0
//
// A macro project as word processors embed it: vbaProject.bin.
#pragma once

#include <string>

namespace candor::document {

/// A compound file (MS-CFB, version 3) with the streams PROJECT and VBA/ThisDocument, in which a harmless
/// module of VBA stands, compressed as MS-OVBA 2.4.1 says. It has no compiled code and no `dir` stream:
/// readers that look for macros see it, word processors find nothing to run.
[[nodiscard]] std::string macro_project(const std::string& author, const std::string& subject);

}  // namespace candor::document
