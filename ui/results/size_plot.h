// Score against size: each arm's mean with its 95 % t-interval over the number of trained parameters.
#pragma once

#include "experiments/results/results.h"

#include <qcustomplot.h>

#include <vector>

namespace diapason::ui {

class SizePlot : public QCustomPlot {
    Q_OBJECT
public:
    explicit SizePlot(QWidget* parent = nullptr);
    void setTable(const ResultTable& table);
    QSize minimumSizeHint() const override { return {260, 180}; }

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    struct Named {
        double x = 0, y = 0, half = 0; ///< in the axes' units
        QString name, full;
        QPointF pixel;
    };
    void draw();
    void drawNames();
    ResultTable m_table;
    std::vector<Named> m_points;
};

} // namespace diapason::ui
