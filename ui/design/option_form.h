// A form made of option descriptors: one row an option, each with a fork that varies it.
#pragma once

#include "core/base/options.h"
#include "experiments/study.h"

#include <QWidget>

#include <functional>

namespace diapason::ui {

class OptionForm : public QWidget {
    Q_OBJECT
public:
    explicit OptionForm(QWidget* parent = nullptr);

    /// Rebuilds. @param values given values only; @param varied options with their levels; @param mayVary show the
    /// forks
    void setOptions(const std::vector<OptionDescriptor>& options, const Json& values, const std::vector<Factor>& varied,
                    bool mayVary);

Q_SIGNALS:
    void valueChanged(const QString& name, const diapason::Json& value);
    /// An empty list: not varied any more.
    void levelsChanged(const QString& name, const std::vector<diapason::Json>& levels);

private:
    QWidget* editorOf(const OptionDescriptor& option, const Json& value);
    QWidget* levelsOf(const OptionDescriptor& option, const Factor& factor);
};

/// "5, 20" or "random, label" to levels; problems are put into `wrong`.
std::vector<Json> parseLevels(const OptionDescriptor& option, const QString& text, QString& wrong);

} // namespace diapason::ui
