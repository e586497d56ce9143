#include "core/data/dataset.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace diapason {
namespace {

class InMemory : public Dataset::Source {
public:
    explicit InMemory(std::vector<Example> examples) : m_examples(std::move(examples)) {}
    std::size_t size() const override { return m_examples.size(); }
    Example at(std::size_t item) const override { return m_examples[item]; }

private:
    std::vector<Example> m_examples;
};

class Concatenated : public Dataset::Source {
public:
    explicit Concatenated(std::vector<Dataset> parts) : m_parts(std::move(parts)) {
        for (const Dataset& part : m_parts)
            m_ends.push_back((m_ends.empty() ? 0 : m_ends.back()) + part.size());
    }
    std::size_t size() const override { return m_ends.empty() ? 0 : m_ends.back(); }
    Example at(std::size_t item) const override {
        const auto part = std::upper_bound(m_ends.begin(), m_ends.end(), item) - m_ends.begin();
        const std::size_t before = part == 0 ? 0 : m_ends[static_cast<std::size_t>(part) - 1];
        return m_parts[static_cast<std::size_t>(part)][item - before];
    }

private:
    std::vector<Dataset> m_parts;
    std::vector<std::size_t> m_ends; ///< of the parts, in numbers of the whole
};

class Chosen : public Dataset::Source {
public:
    Chosen(Dataset from, std::vector<std::size_t> items) : m_from(std::move(from)), m_items(std::move(items)) {
        for (const std::size_t item : m_items)
            if (item >= m_from.size()) throw std::out_of_range("an example beyond the dataset");
    }
    std::size_t size() const override { return m_items.size(); }
    Example at(std::size_t item) const override { return m_from[m_items[item]]; }

private:
    Dataset m_from;
    std::vector<std::size_t> m_items;
};

class Mapped : public Dataset::Source {
public:
    Mapped(Dataset from, std::function<Example(Example)> change)
        : m_from(std::move(from)),
          m_change(std::move(change)) {}
    std::size_t size() const override { return m_from.size(); }
    Example at(std::size_t item) const override { return m_change(m_from[item]); }

private:
    Dataset m_from;
    std::function<Example(Example)> m_change;
};

} // namespace

Dataset::Dataset(std::vector<Example> examples) : m_source(std::make_shared<InMemory>(std::move(examples))) {}

Example Dataset::at(std::size_t item) const {
    if (item >= size()) throw std::out_of_range("an example beyond the dataset");
    return (*this)[item];
}

const LeftOut& Dataset::left_out() const {
    static const LeftOut nothing;
    return m_left_out == nullptr ? nothing : *m_left_out;
}

Dataset Dataset::with_left_out(const LeftOut& more) const {
    if (more.rows == 0) return *this;
    LeftOut all = left_out();
    all.add(more);
    Dataset changed = *this;
    changed.m_left_out = std::make_shared<const LeftOut>(std::move(all));
    return changed;
}

Dataset Dataset::with_source(std::shared_ptr<const Source> source) const {
    Dataset changed = *this;
    changed.m_source = std::move(source);
    return changed;
}

Dataset concatenated(std::vector<Dataset> parts) {
    LeftOut left_out;
    for (const Dataset& part : parts)
        left_out.add(part.left_out());
    return Dataset(std::make_shared<Concatenated>(std::move(parts))).with_left_out(left_out);
}

Dataset chosen(Dataset from, std::vector<std::size_t> items) {
    return from.with_source(std::make_shared<Chosen>(from, std::move(items)));
}

Dataset mapped(Dataset from, std::function<Example(Example)> change) {
    return from.with_source(std::make_shared<Mapped>(from, std::move(change)));
}

} // namespace diapason
