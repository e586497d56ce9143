// Datasets: examples by number, as views that are put together from others.
#pragma once

#include "core/data/example.h"
#include "core/data/row_rules.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace diapason {

/// Examples by number. Cheap to copy: it shares what it views, which never changes. Any thread may read.
///
/// @code
/// const Dataset both = concatenated({english, german});
/// const Dataset first_hundred = chosen(both, {0, 1, 2, …});
/// const Dataset marked = mapped(both, [](Example e) { e.text = "Review: " + e.text; return e; });
/// @endcode
class Dataset {
public:
    /// What stands behind a dataset.
    class Source {
    public:
        virtual ~Source() = default;
        virtual std::size_t size() const = 0;
        virtual Example at(std::size_t item) const = 0; ///< @param item below size()
    };
    class Iterator {
    public:
        Iterator(const Dataset* of, std::size_t item) : m_of(of), m_item(item) {}
        Example operator*() const { return (*m_of)[m_item]; }
        Iterator& operator++() {
            ++m_item;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const Dataset* m_of;
        std::size_t m_item;
    };

    Dataset() = default; ///< of no examples
    explicit Dataset(std::vector<Example> examples);
    explicit Dataset(std::shared_ptr<const Source> source) : m_source(std::move(source)) {}

    std::size_t size() const { return m_source == nullptr ? 0 : m_source->size(); }
    bool empty() const { return size() == 0; }
    Example operator[](std::size_t item) const { return m_source->at(item); } ///< @param item below size()
    Example at(std::size_t item) const;                                       ///< @throws std::out_of_range
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size()}; }

    /// Rows of its files that are none of it. Views keep what is left out of what they view.
    const LeftOut& left_out() const;
    Dataset with_left_out(const LeftOut& more) const;
    Dataset with_source(std::shared_ptr<const Source> source) const; ///< what is left out stays

private:
    std::shared_ptr<const Source> m_source;
    std::shared_ptr<const LeftOut> m_left_out; ///< null = nothing
};

/// One behind another.
Dataset concatenated(std::vector<Dataset> parts);
/// Those of these numbers, in this order; a number may come more than once. @throws std::out_of_range
Dataset chosen(Dataset from, std::vector<std::size_t> items);
/// Each as `change` makes it, when it is asked for.
Dataset mapped(Dataset from, std::function<Example(Example)> change);

} // namespace diapason
