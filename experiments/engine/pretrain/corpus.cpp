#include "experiments/engine/pretrain/corpus.h"

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/base/sha256.h"
#include "core/data/order.h"
#include "core/data/readers.h"

#include <functional>

namespace diapason {
namespace {

double unit(std::uint64_t word) {
    return static_cast<double>(word >> 11) * 0x1.0p-53;
}

// First 64 bits of the text's SHA-256: which documents are held out must not depend on the standard library.
std::uint64_t hash_of(const std::string& text) {
    return std::stoull(sha256_hex(text).substr(0, 16), nullptr, 16);
}

} // namespace

Corpus::Corpus(const std::vector<std::filesystem::path>& files, const std::vector<double>& weights, double held_out,
               std::shared_ptr<const Tokenizer> tokenizer, std::uint64_t seed)
    : m_tokenizer(std::move(tokenizer)),
      m_seed(seed) {
    double sum = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        File file;
        for (Example example : read_dataset("jsonl", files[i], {{"text", "text"}})) {
            const bool keep_back = unit(hash_of(example.text)) < held_out;
            (keep_back ? file.kept_back : file.documents).push_back(std::move(example.text));
        }
        if (file.documents.empty()) throw input_error(files[i].string(), "contains no documents to train on");
        file.weight = i < weights.size() ? weights[i] : 1;
        sum += file.weight;
        file.order = shuffled_order(static_cast<std::int64_t>(file.documents.size()), m_seed + i, 0);
        m_files.push_back(std::move(file));
    }
    for (File& file : m_files)
        file.weight /= sum;
}

Corpus::Segment Corpus::next(std::size_t length) {
    // Which file: by weight, counted in segments.
    double draw = unit(splitmix64(m_seed ^ splitmix64(++m_draws)));
    std::size_t chosen = 0;
    while (chosen + 1 < m_files.size() && draw >= m_files[chosen].weight)
        draw -= m_files[chosen++].weight;
    File& file = m_files[chosen];
    while (file.rest.empty()) {
        if (file.cursor == file.order.size()) {
            file.cursor = 0;
            file.order =
                shuffled_order(static_cast<std::int64_t>(file.documents.size()), m_seed + chosen, ++file.epoch);
        }
        const std::string& text = file.documents[static_cast<std::size_t>(file.order[file.cursor++])];
        file.rest = m_tokenizer->encode(text, {.add_special_tokens = false}).ids;
    }
    Segment segment;
    const std::size_t n = std::min(length, file.rest.size());
    segment.ids.assign(file.rest.begin(), file.rest.begin() + static_cast<std::ptrdiff_t>(n));
    file.rest.erase(file.rest.begin(), file.rest.begin() + static_cast<std::ptrdiff_t>(n));
    segment.ends_document = file.rest.empty();
    return segment;
}

std::vector<Corpus::Segment> Corpus::held_out(std::size_t length, std::size_t tokens) const {
    std::vector<Segment> segments;
    for (const File& file : m_files) {
        const auto share = static_cast<std::size_t>(static_cast<double>(tokens) * file.weight);
        std::size_t taken = 0;
        for (const std::string& text : file.kept_back) {
            const auto ids = m_tokenizer->encode(text, {.add_special_tokens = false, .max_length = length}).ids;
            if (ids.empty()) continue;
            taken += ids.size();
            segments.push_back({ids, true});
            if (taken >= share) break;
        }
    }
    return segments;
}

Json Corpus::position() const {
    Json list = Json::array();
    for (const File& file : m_files)
        list.push_back({{"epoch", file.epoch}, {"cursor", file.cursor}, {"rest", file.rest}});
    return {{"draws", m_draws}, {"files", list}};
}

void Corpus::restore(const Json& position) {
    m_draws = position.at("draws").get<std::uint64_t>();
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        const Json& entry = position.at("files").at(i);
        File& file = m_files[i];
        file.epoch = entry.at("epoch").get<std::uint64_t>();
        file.cursor = entry.at("cursor").get<std::size_t>();
        file.rest = entry.at("rest").get<std::vector<std::int64_t>>();
        file.order = shuffled_order(static_cast<std::int64_t>(file.documents.size()), m_seed + i, file.epoch);
    }
}

} // namespace diapason
