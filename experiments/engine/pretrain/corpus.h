// Text for pretraining: JSONL files of documents, mixed by weight, cut into segments. Deterministic, and its position
// is a few numbers.
#pragma once

#include "core/base/json.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

class Corpus {
public:
    /// @param held_out share of the documents (by a hash of their text) that training never sees
    /// @throws Error(input)
    Corpus(const std::vector<std::filesystem::path>& files, const std::vector<double>& weights, double held_out,
           std::shared_ptr<const Tokenizer> tokenizer, std::uint64_t seed);

    struct Segment {
        std::vector<std::int64_t> ids; ///< at most the asked length, no special tokens
        bool ends_document = false;
    };
    /// The next segment of training text.
    Segment next(std::size_t length);
    /// Segments of held-out documents, in file order, about `tokens` tokens in all.
    std::vector<Segment> held_out(std::size_t length, std::size_t tokens) const;

    Json position() const;
    void restore(const Json& position);

private:
    struct File {
        std::vector<std::string> documents, kept_back;
        std::vector<std::int64_t> order;
        std::size_t cursor = 0;
        std::uint64_t epoch = 0;
        std::vector<std::int64_t> rest; ///< what is left of the current document
        double weight = 1;
    };

    std::vector<File> m_files;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::uint64_t m_seed;
    std::uint64_t m_draws = 0;
};

} // namespace diapason
