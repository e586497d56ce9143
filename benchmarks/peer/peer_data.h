// Data and order of the comparison with a Python stack: the same rows, the same token ids, the same batches. What is
// fixed is described in docs/PERFORMANCE.md.
#pragma once

#include "core/model/packed_batch.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace diapason::peer {

/// One row: what the model reads, and how many real tokens the Python stack counts in it.
struct Row {
    Sequence sequence;
    std::int64_t tokens = 0;
};

/// Sentences with their labels (GLUE's SST-2). @param file train.tsv or dev.tsv
std::vector<Row> sst2_rows(const std::filesystem::path& file, const Tokenizer& tokenizer, std::int64_t max_length);

/// Descriptions of restaurants (E2E): "name : X | eatType : Y\n", the reference, the end token; the loss covers the
/// reference and the end token.
std::vector<Row> e2e_rows(const std::filesystem::path& file, const Tokenizer& tokenizer, std::int64_t end_id,
                          std::int64_t max_length);

/// Fisher-Yates from the end with SplitMix64 started at seed · 1000003 + epoch.
std::vector<std::size_t> permutation(std::size_t n, std::uint64_t seed, std::uint64_t epoch);

/// Batches of one epoch. "plain": the permutation; "grouped": as the length-grouped sampler of transformers;
/// "bucketed": sorted by length, batches in random order.
std::vector<std::vector<std::size_t>> batches(const std::string& order, const std::vector<Row>& rows, std::size_t batch,
                                              std::uint64_t seed, std::uint64_t epoch);

} // namespace diapason::peer
