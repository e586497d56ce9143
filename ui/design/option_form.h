// A form made of option descriptors: one row an option, each with a fork that varies it.
#pragma once

#include "core/base/options.h"
#include "experiments/study/study.h"

#include <QLabel>
#include <QLineEdit>
#include <QToolButton>
#include <QWidget>

#include <optional>
#include <vector>

namespace diapason::ui {

/// The document is the truth: whatever is typed is handed on by valueChanged(), and what is wrong with it comes back
/// through setProblems(). Only a list of levels that cannot be read stays in its field, with the reason below it.
class OptionForm : public QWidget {
    Q_OBJECT
public:
    explicit OptionForm(QWidget* parent = nullptr);

    /// Editors that still fit keep their focus and what is being typed; others are made anew.
    /// @param values given values only; @param varied options with their levels; @param mayVary show the forks
    void setOptions(const std::vector<OptionDescriptor>& options, const Json& values, const std::vector<Factor>& varied,
                    bool mayVary);
    /// Says below a row what is wrong with it. @param problems of the fields that are this form's
    void setProblems(const std::vector<Problem>& problems);

Q_SIGNALS:
    void valueChanged(const QString& name, const diapason::Json& value);
    /// An empty list: not varied any more.
    void levelsChanged(const QString& name, const std::vector<diapason::Json>& levels);

private:
    struct Row {
        OptionDescriptor option;
        bool varied = false;
        QWidget* editor = nullptr;
        QLabel* wrong = nullptr;
        Json value;
        std::vector<Json> levels;
    };

    std::vector<Row> wantedRows() const;
    bool matters(const OptionDescriptor& option) const;
    Json valueOf(const OptionDescriptor& option) const;
    void rebuild(std::vector<Row> rows);
    void buildRow(std::size_t at, bool units);
    QWidget* editorOf(std::size_t at);
    void show(Row& row);
    void finishEdit(std::size_t at);

    std::vector<OptionDescriptor> m_options;
    Json m_values = Json::object();
    std::vector<Factor> m_varied;
    bool m_mayVary = false, m_all = false;
    std::vector<Row> m_rows;
    QToolButton* m_more = nullptr;
};

/// "5, 20" or "random, label" to levels; problems are put into `wrong`.
std::vector<Json> parseLevels(const OptionDescriptor& option, const QString& text, QString& wrong);

} // namespace diapason::ui
