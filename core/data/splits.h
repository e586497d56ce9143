// Which rows of a file make which split, and in which order samples are taken of them. Everything is a function of a
// row's own content and a seed: never of the order of a file, so that a row stays where it is when others come.
#pragma once

#include "core/data/dataset.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace diapason {

/// The splits that a task can have; the first three it must have. `ood` is a test split of another domain.
const std::vector<std::string>& split_names();
/// "dev", "valid" and the like as split_names() has them; empty for what names none.
std::string split_named(const std::string& name);

/// How splits that share a file divide it. A row that names its own split (Example::split) is in that one; all rows
/// with the same Example::source are in the same; else the text decides.
struct SplitRule {
    std::int64_t seed = 0;
    /// Each class in the same shares as the whole, as closely as whole rows and sources allow.
    bool stratified = false;
    /// Of the splits, sum 1; empty = 0.8 train, 0.1 validation, 0.1 test. What has no share of a file gives it to
    /// train.
    std::map<std::string, double> shares;
    /// Values of Example::group whose rows are in `ood` alone, where that shares the file (WebNLG's unseen categories).
    std::vector<std::string> held_out;
};

/// Numbers of the rows that make a split. @param sharing the splits that share the file
/// @throws Error(input) naming `file` and the lines whose split is none
std::vector<std::size_t> rows_of_split(const Dataset& data, const SplitRule& rule, const std::string& split,
                                       const std::set<std::string>& sharing, const std::string& file);

/// Which rows of a split are used where not all are: its first, or the first in a random order, alone or by turns of
/// each class. Samples are nested: the 50 are among the 100.
struct SampleRule {
    enum class Order { file, random, balanced } order = Order::file;
    std::int64_t seed = 0;
};

/// In the order in which samples are taken. @param class_of what is expected of a row, as a text
Dataset in_sample_order(Dataset data, const SampleRule& rule,
                        const std::function<std::string(const Example&)>& class_of);

} // namespace diapason
