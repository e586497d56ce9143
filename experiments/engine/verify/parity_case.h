// A golden case of an independent implementation: what it asks for and its tensors (tests/fixtures/README.md).
#pragma once

#include "core/backbone/tensor_file.h"
#include "core/base/json.h"
#include "core/model/head.h"
#include "core/model/packed_batch.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace diapason {

struct ParityCase {
    std::filesystem::path folder;
    std::string name;
    Json document;
    std::filesystem::path backbone;
    HeadKind head = HeadKind::none;
    std::map<std::string, at::Tensor> tensors; ///< io.safetensors, floats as float32

    bool has(const std::string& tensor) const { return tensors.count(tensor) != 0; }
    /// @throws Error(input) naming the tensor
    const at::Tensor& tensor(const std::string& tensor) const;
    /// Tensors whose names begin so, under what follows.
    std::map<std::string, at::Tensor> tensors_under(const std::string& start) const;
    /// Expectations that nobody has asked for: a case is passed only when there is none.
    std::vector<std::string> unread() const;
    /// Tolerance of a kind of value ("logits", "grad", …), falling back to "other". @throws Error(input)
    double tolerance(const std::string& kind) const;
    double floor(const std::string& kind) const;

private:
    mutable std::set<std::string> m_read;
};

/// @param backbones folder of the backbones that cases name ("backbone": {"name", "package"})
/// @throws Error(input) naming file and field; "missing backbone …"; "unsupported: …" for kinds, families and heads
/// that are not there
ParityCase read_parity_case(const std::filesystem::path& folder, const std::filesystem::path& backbones = {});

/// The padded inputs of a case as packed sequences, and where each padded position went.
struct PackedInputs {
    PackedBatch batch;
    std::vector<std::pair<std::int64_t, std::int64_t>> places; ///< of each token: (sequence, column)
    std::vector<std::pair<std::int64_t, std::int64_t>> target_places;
};
/// @param soft_tokens rows stand in front of the input: the reference then drops given positions and counts columns,
/// pads included @param with_types whether the reference takes notice of token types
PackedInputs pack_inputs(const ParityCase& parity, const BackboneConfig& config, at::Device device, bool soft_tokens,
                         bool with_types = true);

} // namespace diapason
