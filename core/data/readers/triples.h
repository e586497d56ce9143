// Statements as texts: "subject : relation : object | …", as the papers that tune on them write them.
#pragma once

#include "core/base/json.h"
#include "core/data/example.h"

#include <array>
#include <string>
#include <vector>

namespace diapason {

/// Subject, relation, object.
using Triple = std::array<std::string, 3>;

/// "Mars Hill College : joined : 1973 | …": Li and Liang 2021, whose relations of DART are in lower case.
/// @throws Error(input) when there is none
std::string linearised(const std::vector<Triple>& triples, bool lower_case_relations);

/// The first of the texts is the target, the others are right beside it. @throws Error(input) when there is none
void set_texts(Example& example, std::vector<std::string> texts);
/// The texts are what a key has in each entry of a list.
void set_texts(Example& example, const Json& record, const std::string& list, const std::string& key);

} // namespace diapason
