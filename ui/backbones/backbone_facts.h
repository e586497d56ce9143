// Everything that is known of one backbone, as a tree that keys can walk through.
#pragma once

#include "core/base/json.h"

#include <QTreeWidget>

namespace diapason::ui {

class BackboneFacts : public QTreeWidget {
    Q_OBJECT
public:
    explicit BackboneFacts(QWidget* parent = nullptr);
    /// @param facts of describe_backbone()
    void show(const Json& facts);

private:
    QTreeWidgetItem* group(const QString& title, const QString& summary = {});
    static void row(QTreeWidgetItem* group, const QString& name, const QString& middle, const QString& right = {});
};

} // namespace diapason::ui
